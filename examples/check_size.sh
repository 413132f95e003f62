#!/bin/sh
# check_size.sh FOLDER -- one idea: 80 lines, 140 for the two long ones
status=0
for file in "$1"/*.c; do
    most=80
    case $file in
    */pool_tour.c | */word_count.c) most=140 ;;
    esac
    lines=$(wc -l < "$file")
    if [ "$lines" -gt "$most" ]; then
        echo "$file has $lines lines, more than $most"
        status=1
    fi
done
exit $status
