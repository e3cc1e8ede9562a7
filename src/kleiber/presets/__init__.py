"""Studies that come with kleiber, a TOML file each."""
