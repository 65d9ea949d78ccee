# SPDX-License-Identifier: GPL-2.0
# Shares of the throughput as bars, for plot: a file with the four shares for each of sides.
color(side) = side eq "base" ? "#d55e00" : side eq "series" ? "#0072b2" : "#555555"

set terminal svg size 900,480 dynamic font 'sans-serif,15' background 'white'
set title "Share of the throughput that is kept\n{/*0.8 " . name . "}"
set datafile missing '?'
set style data histogram
set style histogram clustered
set style fill solid 0.7 noborder
set yrange [0:*]
set xtics ("1 thread,\ncompaction" 0, "2 threads,\ncompaction" 1, "4 threads,\ncompaction" 2, \
	"2 threads,\nmigration" 3)
set bmargin 4
set border 3
set tics nomirror
set grid y lc '#dddddd'
set key top right
plot for [side in sides] side using 2 lc rgb color(side) title side
