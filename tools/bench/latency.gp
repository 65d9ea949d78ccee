# SPDX-License-Identifier: GPL-2.0
# Histograms of the timer wakeup latency, for plot: a file of bins and one with the key for
# each of sides.  Okabe and Ito's colors, which color-blind readers can tell apart, on an opaque
# background, so that dark pages show the same picture.
color(side) = side eq "base" ? "#d55e00" : side eq "series" ? "#0072b2" : "#555555"
key(side) = system("cat " . side . ".key")

set terminal svg size 900,480 dynamic font 'sans-serif,15' background 'white'
set encoding utf8
set title "Timer wakeup latency under swap load\n{/*0.8 " . name . ", QEMU icount}"
set xlabel 'wakeup latency in µs (1000 instructions each)'
set ylabel 'wakeups per bin'
set logscale xy
set xrange [0.5:*]
set yrange [0.7:*]
set format x '%g'
set format y '10^{%T}'
set tics nomirror
set border 3
set grid lc '#dddddd'
set key top right
plot for [side in sides] side using 1:2 with fillsteps fs transparent solid 0.25 noborder \
		lc rgb color(side) notitle, \
	for [side in sides] side using 1:2 with steps lw 2.5 lc rgb color(side) title key(side)
