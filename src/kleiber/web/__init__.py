"""A ledger's file in, pages that follow its studies while they run out; nothing here writes, or holds a study up."""
