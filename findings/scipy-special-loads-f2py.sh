#!/usr/bin/env bash
# `import scipy.special` loads numpy.f2py, numpy.testing and unittest: a good part of what the import costs.
#
# Versions: scipy 1.17.1, numpy 2.4.6, CPython 3.11, Linux x86-64.
# A guess from memory: since NumPy imports f2py and testing on demand alone, a program that calls none of the two does not
# load them. `import numpy` indeed does not. But scipy.special supports other array libraries through a copy of
# array-api-compat, which takes every public name of NumPy with `from numpy import *`, and this asks for the names that
# are loaded on demand, the Fortran compiler's wrapper among them. It matters to commands that are to answer at once.
#
# Output seen (the share is that of one machine, and is not checked):
#   import numpy: none of numpy.f2py, numpy.testing, unittest
#   import scipy.special: numpy.f2py, numpy.testing, unittest
#   of its 160 ms, array_api_compat takes 58 ms
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scipy==1.17.1 numpy==2.4.6
python="$folder/venv/bin/python"
loaded='import sys; print(", ".join(n for n in ("numpy.f2py", "numpy.testing", "unittest") if n in sys.modules) or "none of numpy.f2py, numpy.testing, unittest")'
first=$("$python" -c "import numpy; $loaded")
second=$("$python" -c "import scipy.special; $loaded")
echo "import numpy: $first"
echo "import scipy.special: $second"
"$python" -X importtime -c "import scipy.special" 2>&1 | awk -F'[|:]' '
    /array_api_compat.numpy$/ { part = $3 }
    / scipy.special$/ { whole = $3 }
    END { printf "of its %d ms, array_api_compat takes %d ms\n", whole / 1000, part / 1000 }'
[ "$first" = "none of numpy.f2py, numpy.testing, unittest" ] && [ "$second" = "numpy.f2py, numpy.testing, unittest" ] || {
    echo "changed: what is loaded is no longer what is said above"
    exit 1
}
