#!/usr/bin/env bash
# sphinx-gallery writes a page of computation times that loads scripts from elsewhere, also with write_computation_times off.
#
# Versions: sphinx-gallery 0.22.1, sphinx 9.0.4, matplotlib 3.11.2, CPython 3.11, Linux x86-64.
# A guess from memory: write_computation_times=False leaves the times out of the site. It leaves them out of each example's
# page. The page sg_execution_times.html is made all the same, at the site's root too, and loads jQuery, Bootstrap and DataTables
# from two hosts. A site that is to load nothing from elsewhere must leave that page out, as by exclude_patterns.
#
# Output seen:
#   pages of times: auto_gallery/sg_execution_times.html, sg_execution_times.html
#   each loads from: cdn.datatables.net, cdnjs.cloudflare.com, code.jquery.com
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet sphinx-gallery==0.22.1 sphinx==9.0.4 matplotlib==3.11.2
mkdir -p "$folder/docs/gallery"
cat > "$folder/docs/conf.py" <<'CONF'
project = "example"
extensions = ["sphinx_gallery.gen_gallery"]
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "write_computation_times": False,
    "image_scrapers": (),
}
CONF
printf 'Example\n=======\n\n.. toctree::\n\n   auto_gallery/index\n' > "$folder/docs/index.rst"
printf 'Gallery\n=======\n' > "$folder/docs/gallery/GALLERY_HEADER.rst"
printf '"""\nA sum\n=====\n\nOf two numbers.\n"""\n\nprint(1 + 1)\n' > "$folder/docs/gallery/plot_sum.py"
"$folder/venv/bin/sphinx-build" -q "$folder/docs" "$folder/site"
"$folder/venv/bin/python" - "$folder/site" <<'PY'
import re
import sys
from pathlib import Path

site = Path(sys.argv[1])
pages = sorted(site.rglob("sg_execution_times.html"))
loads = [sorted(set(re.findall(r'(?:src|href)="https://([^/"]+)/[^"]*\.(?:js|css)"', page.read_text()))) for page in pages]
print("pages of times:", ", ".join(str(page.relative_to(site)) for page in pages))
print("each loads from:", ", ".join(loads[0]) if loads else "nowhere")
sys.exit(0 if pages and all(loads) else "changed: no page of times, or one that loads nothing from elsewhere")
PY
