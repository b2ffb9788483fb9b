#!/bin/sh
# Creates test/reference/.venv (or the folder named as the only argument) from requirements.txt. Needs Python 3.11.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-"$here/.venv"}
"${PYTHON:-python3.11}" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --requirement "$here/requirements.txt"
echo "$venv/bin/python"
