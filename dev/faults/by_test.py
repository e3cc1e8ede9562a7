"""Which of the tests hold what: the faults L1 to L16 and what else needs no campaign of its own."""

LOCAL = "tests/executors/test_local.py::test_"
FILE = "tests/study/test_ledger_file.py::test_"
LEDGER = "tests/study/test_ledger.py::test_"
LARGE = "tests/faults/test_large.py::test_"
DRIVE = "tests/study/test_drive.py::test_"
TROUBLES = "tests/trainers/test_troubles.py::test_"

TESTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "L1": (
        "a worker that is killed while it starts is replaced",
        (
            LOCAL + "a_worker_killed_while_it_starts_is_replaced",
            LOCAL + "a_worker_killed_at_any_moment_costs_its_own_work_alone",
            LOCAL + "workers_that_never_start_end_the_run",
        ),
    ),
    "L2": (
        "an exit with any code is a lost worker; an overdue trial is told",
        (
            LOCAL + "a_worker_that_leaves_with_any_code_is_lost_and_replaced",
            "tests/study/test_overdue.py::test_a_trial_is_told_once_when_it_takes_ten_times_what_others_took",
        ),
    ),
    "L3": (
        "a clock that jumps kills no trial",
        (LOCAL + "a_time_limit_is_of_monotonic_time_and_kills_what_the_work_has_started",),
    ),
    "L4": (
        "a copied, restored, empty or cut ledger loses nothing in silence",
        (
            FILE + "a_copy_of_the_file_alone_has_what_was_acknowledged_some_seconds_ago",
            FILE + "after_an_orderly_stop_the_file_alone_has_all",
            FILE + "a_log_that_belongs_to_another_file_is_refused_and_nothing_is_written",
            FILE + "an_empty_file_is_an_error_but_for_a_run_that_begins",
            FILE + "a_file_that_is_cut_off_is_an_error_at_every_door",
        ),
    ),
    "L5": (
        "a damaged row is named, the others are salvaged",
        (
            FILE + "a_row_that_is_not_as_it_was_written_is_named_and_the_others_are_salvaged",
            FILE + "every_door_refuses_what_is_not_ours_to_read",
        ),
    ),
    "L6": (
        "reading needs no right to write (the administrator always has it)",
        (FILE + "reading_commands_read_where_nothing_may_be_written",),
    ),
    "L7": ("any text of an exception is kept", (TROUBLES + "what_goes_wrong_in_a_trial_is_kept_with_its_reason",)),
    "L8": (
        "what a trial prints goes to a file of its own",
        (TROUBLES + "what_a_trial_prints_goes_to_a_file_of_its_own_and_no_further_than_a_limit",),
    ),
    "L9": (
        "a hand-out costs the same at any size (figures: benchmarks/ledger.py)",
        ("tests/study/test_agenda.py::test_what_waits_is_what_a_fresh_look_finds",),
    ),
    "L10": (
        "a comparison of 40 models takes seconds and little memory (figures: benchmarks/startup.py)",
        (LARGE + "forty_models_are_compared_in_seconds",),
    ),
    "L11": (
        "a million rows and 20,000 columns are read; what unpacks without end is refused at a limit",
        (
            LARGE + "a_million_rows_are_forecast_in_seconds",
            LARGE + "twenty_thousand_columns_are_read_in_seconds",
            LARGE + "a_small_file_that_unpacks_to_many_blank_lines_is_refused_at_a_limit",
            "tests/importers/test_table_file.py::test_bounds_on_rows_lines_and_unpacked_size",
        ),
    ),
    "L12": (
        "a negative loss is an error at the first trial, zero is told",
        ("tests/study/test_signs.py",),
    ),
    "L13": (
        "signals end quietly",
        (DRIVE + "an_interrupted_study_says_so_and_goes_on",),
    ),
    "L14": (
        "a limit on the size of files is named",
        (LEDGER + "a_limit_on_files_stops_cleanly_and_keeps_what_was_acknowledged",),
    ),
    "L15": ("a loss of 1e308 is refused in words everywhere", ("tests/findings/test_huge.py",)),
    "L16": (
        "a metric besides that is no number costs no trial",
        (TROUBLES + "a_metric_besides_that_is_no_number_is_left_out_and_said",),
    ),
    "R09": ("a complete study runs nothing", (DRIVE + "the_same_line_again_runs_nothing",)),
    "R10": (
        "files of earlier versions are read and brought up; newer ones are refused",
        (
            "tests/study/test_earlier_ledgers.py",
            LEDGER + "a_newer_ledger_is_not_touched",
        ),
    ),
    "R12": (
        "a result is acknowledged after it is on the disk",
        (LEDGER + "a_result_waits_for_the_disk_and_a_hand_out_does_not",),
    ),
    "R11": ("a folder that may not be written to is named", (LEDGER + "a_folder_that_may_not_be_written_to_is_said",)),
    "W01": (
        "NaN, infinity, None, complex and text are never a loss",
        (
            TROUBLES + "what_goes_wrong_in_a_trial_is_kept_with_its_reason",
            TROUBLES + "a_finite_loss_far_above_guessing_is_diverged_by_a_stated_rule_that_can_be_switched_off",
        ),
    ),
    "W02": (
        "an exit, a segfault and a time-out each have their reason",
        (TROUBLES + "a_lost_worker_is_noticed_and_the_study_goes_on",),
    ),
    "W03": ("a trial above its memory fails alone", (TROUBLES + "a_trial_above_its_memory_fails_alone",)),
    "W05": (
        "the wall clock decides nothing",
        (LOCAL + "a_time_limit_is_of_monotonic_time_and_kills_what_the_work_has_started",),
    ),
    "D01": (
        "other data under the same name are refused",
        (
            DRIVE + "other_data_under_the_same_name_are_refused",
            "tests/study/test_rehearsal.py::test_other_data_seeds_and_metrics_are_never_accepted",
        ),
    ),
    "D02": (
        "sizes that can't be are refused by name",
        (
            "tests/test_ladder.py::test_impossible_sizes_are_refused_with_the_numbers",
            DRIVE + "a_size_that_the_pool_does_not_have_is_refused_before_anything_runs",
        ),
    ),
    "D03": (
        "subsets are stratified and nested",
        (
            "tests/test_ladder.py::test_each_prefix_holds_the_classes_in_proportion",
            "tests/test_ladder.py::test_rungs_are_nested_whatever_the_ladder",
        ),
    ),
    "D04": (
        "copies of test examples in train are counted, and refused above 1 %",
        ("tests/datasets/test_disjoint.py", "tests/datasets/test_near.py"),
    ),
    "D05": ("a search sees no test metric; a second look needs a flag", ("tests/study/test_leakage.py",)),
    "S05": ("a state machine of the ledger", ("tests/study/test_ledger_machine.py",)),
    "P02": (
        "hostile files run nothing and open no connection",
        (
            "tests/importers/test_hostile.py",
            "tests/test_nothing_foreign_runs.py",
        ),
    ),
}
"""By check: what it is, and the tests that hold it."""
