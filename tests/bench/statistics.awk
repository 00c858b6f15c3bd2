# SPDX-License-Identifier: GPL-2.0-or-later
#
# Medians of groups, for the other awk programs of this folder. A program counts the members of a group in pairs[group] and
# keeps their columns in value[group, 1..pairs[group], column]; a member need not have each column.
#
# What awk has cut out of a line is a string, and strings compare by their characters: "10.2" is less than "9.5". All that is
# meant as a number is made one here.

function sort(list, count,   i, j, held)
{
	for (i = 2; i <= count; i++) {
		held = list[i] + 0
		for (j = i - 1; j > 0 && list[j] + 0 > held; j--)
			list[j + 1] = list[j] + 0
		list[j + 1] = held
	}
}

# The median of one column of a group, and "" where no member has it; LEAST and MOST are set, too.
function median(group, column,   i, list, count)
{
	count = 0
	LEAST = MOST = ""
	if (group in pairs)
		for (i = 1; i <= pairs[group]; i++)
			if ((group, i, column) in value)
				list[++count] = value[group, i, column] + 0
	if (!count)
		return ""
	sort(list, count)
	LEAST = list[1]
	MOST = list[count]
	return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
}

# quotient A B: "" where there is none
function quotient(a, b)
{
	return a == "" || b == "" || b + 0 == 0 ? "" : a / b
}
