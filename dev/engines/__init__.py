"""Workers, engines and drivers killed under a running study: what must then hold, one line a check."""
