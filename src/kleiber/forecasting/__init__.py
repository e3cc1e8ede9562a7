"""From runs to what larger sizes will bring: curves in, each one's judged forecast out."""
