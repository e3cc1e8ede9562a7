"""What is said of images that a backbone sees in another size than they have."""

from kleiber.datasets import Part


def resized(part: Part, pixels: int) -> str:
    """Say to what images `(m, height, width, channels)` were resized; empty where they were not."""
    if part.x.ndim != 4 or part.x.shape[1:3] == (pixels, pixels):
        return ""
    height, width = part.x.shape[1:3]
    larger = "" if min(height, width) >= pixels else f"; size = {pixels} under [data] keeps more of larger ones"
    return f"images of {height} x {width} pixels were resized to {pixels} x {pixels}{larger}"
