#!/bin/bash
# Prints the name of an LLVM program: `clang` if there is one, else the newest clang-19 ... clang-14. Without any it
# prints the plain name, so that an error shows a familiar name.
for tool in "$1" "$1"-{19,18,17,16,15,14}; do
    command -v "$tool" >/dev/null && echo "$tool" && exit
done
echo "$1"
