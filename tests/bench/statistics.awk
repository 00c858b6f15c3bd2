# SPDX-License-Identifier: GPL-2.0-or-later
#
# Medians of groups, for the other awk programs of this folder. A program counts the members of a group in pairs[group] and
# keeps their columns in value[group, 1..pairs[group], column].

function sort(list, count,   i, j, held)
{
	for (i = 2; i <= count; i++) {
		held = list[i]
		for (j = i - 1; j > 0 && list[j] > held; j--)
			list[j + 1] = list[j]
		list[j + 1] = held
	}
}

# The median of one column of a group; LEAST and MOST are set, too.
function median(group, column,   i, list, count)
{
	count = pairs[group]
	for (i = 1; i <= count; i++)
		list[i] = value[group, i, column]
	sort(list, count)
	LEAST = list[1]
	MOST = list[count]
	return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
}
