#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Puts files that come with the command into one folder beside it: copy_files.py FOLDER FILE..."""
import os
import shutil
import sys

folder = sys.argv[1]
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
for preset in sys.argv[2:]:
    shutil.copyfile(preset, os.path.join(folder, os.path.basename(preset)))
os.utime(folder)
