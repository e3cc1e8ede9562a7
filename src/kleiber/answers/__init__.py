"""What follows from forecasts: judged forecasts and a question in, an answer with its interval and its sentences out."""
