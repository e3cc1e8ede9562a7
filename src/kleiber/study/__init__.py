"""From what to run to what was measured: a description of a study in, the ledger's file with its measurements out."""
