#!/usr/bin/env bash
# Runs once, when Gradescope builds the autograder.
set -e
apt-get update
apt-get install -y git python3-venv
python3 -m venv /autograder/venv
/autograder/venv/bin/pip install "gradproof @ git+https://git.example.org/gradproof.git"
