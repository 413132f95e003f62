#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The libmp authors
# chaos.sh CHAOS SECONDS [SEED] -- a kill every 150 ms for so long, then every
# 5 ms for as long
set -eu
"$1" "$2" 150 "${3:-7}"
"$1" "$2" 5 "${3:-7}"
