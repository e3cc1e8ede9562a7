"""The campaign of faults: kills, full disks, torn files, wrong data, and what must be true after each (`make faults`)."""
