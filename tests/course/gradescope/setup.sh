#!/bin/sh
# Gradescope runs this once, when it builds the image: what the grader needs, and the pristine objects.
set -e
apt-get update -qq
apt-get install -y -qq g++-12 python3 python3-numpy
cd /autograder/source
CXX=g++-12 python3 -c "import sys; sys.path.insert(0, 'tests/course'); import bench; bench.prepare()"
