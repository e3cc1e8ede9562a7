"""What to buy, labels or engineers: a forecast and prices in, an `Advice` out."""
