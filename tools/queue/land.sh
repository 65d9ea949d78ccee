# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: GPL-2.0
#
# The second half of apply: how the patches in $tmp/names get into the tree $dir.
#
# All that can fail comes first and changes nothing that counts: objects, copies next
# to the files.  A signal then ends the tool, and undo() removes these.  What is left
# is renamed with signals ignored: the files, the branch by git update-ref, the index.
#
# Only SIGKILL or a power failure among these renames leaves a part.  HEAD then says
# which state to restore: rm .git/index.lock; git checkout HEAD -- FILES.  FILE.*.was
# is each file as it was.
#
# git am does not run in $dir, and so no hook of the user does.

# in_dir ARGS: git in DIR with the user's settings.  No hook or daemon runs, and an
# index that it writes is one file.
in_dir() {
	git --no-optional-locks --literal-pathspecs -C "$dir" -c core.hooksPath=/dev/null \
		-c core.fsmonitor=false -c core.splitIndex=false "$@"
}

# in_index ARGS: the same with the index in $tmp.
in_index() {
	GIT_INDEX_FILE=$tmp/index in_dir "$@"
}

# check_git: DIR is a git tree at rest.  It stays so, because its index is locked.
check_git() {
	cdup=$(git -C "$dir" rev-parse --show-cdup 2>"$tmp/log") ||
		die "$dir: $(git_says)"
	[ -z "$cdup" ] || die "$dir: has a .git, but is not the top of its work tree"
	index=$(git_files "$dir" index)
	lock_index
	# Another apply may have ended just before.
	head=$(git -C "$dir" rev-parse -q --verify 'HEAD^{commit}') ||
		die "$dir: a git repository without a commit; commit the tree first"
	doing=$(git_busy "$dir")
	[ -z "$doing" ] ||
		die "$dir: a git $doing is in progress; finish or abort it first"
	in_dir diff-index --cached --quiet HEAD -- ||
		die "$dir: has staged changes; commit or stash them first"
}

# lock_index: as git does.  A signal must not come between the file and at_exit.
lock_index() {
	[ ! -e "$index.lock" ] ||
		die "$index.lock exists: git or another apply is at work in $dir; if not, remove this file"
	signals_off
	if (set -C && : >"$index.lock") 2>/dev/null; then
		locked=1
		at_exit=undo
	fi
	signals_on
	[ "$locked" ] || die "$index.lock: cannot be made; is $dir writable?"
}

# check_local: git knows the committer, and no file to be changed is another than in
# HEAD.  status looks past files with such a mark as h or S.
check_local() {
	git -C "$dir" var GIT_COMMITTER_IDENT >/dev/null 2>&1 ||
		die "$dir: git does not know your name; set user.name and user.email with git config"
	changed=$(local_changes)
	[ -z "$changed" ] ||
		die "$dir/$changed: has local changes; commit or stash them first"
	marked=$(touched_args in_dir ls-files -v | sed -n '/^H /!{s/^..//p;q;}')
	[ -z "$marked" ] ||
		die "$dir/$marked: is not in the sparse checkout or is assumed unchanged; clear this mark first (git sparse-checkout disable, git update-index --no-assume-unchanged)"
}

# local_changes: the first touched file that is not as committed.
local_changes() {
	touched_args in_dir status --porcelain --untracked-files=all --ignored | sed 's/^...//;q'
}

# touched_args COMMAND...: run COMMAND -- with the touched files.
touched_args() {
	set -- "$@" --
	while read -r file; do
		set -- "$@" "$file"
	done <"$tmp/touched"
	"$@"
}

# copy_head: $tmp/repo, a repository that has HEAD of DIR and none of its settings;
# $tmp/orig, with only what the topics touch.
copy_head() {
	repo=$tmp/repo
	own_git init -q --template= "$repo" && mkdir -p "$repo/.git/info" "$tmp/orig" || return
	# What is stored counts, not the form that it is checked out in.
	echo '* -text -eol -ident -filter -working-tree-encoding' >"$repo/.git/info/attributes"
	git_files "$dir" objects >"$repo/.git/objects/info/alternates"
	shallow=$(git_files "$dir" shallow)
	[ ! -f "$shallow" ] || cp "$shallow" "$repo/.git/shallow" || return
	own_git -C "$repo" update-ref HEAD "$head" && own_git -C "$repo" read-tree HEAD || return
	own_git -C "$repo" ls-files | comm -12 - "$tmp/all" |
		own_git -C "$repo" checkout-index -q --prefix="$tmp/orig/" --stdin
}

# commit_all: $new is HEAD with a commit for each patch on top, of which DIR has
# the objects, and nothing else.  git am in $tmp/repo says what they look like.
commit_all() {
	set --
	while read -r patch; do
		set -- "$@" "$patches/$patch"
	done <"$tmp/names"
	{ cp -Rp "$tmp/orig/." "$repo" && own_git -C "$repo" am -q --whitespace=nowarn "$@"; } \
		>"$tmp/log" 2>&1 </dev/null ||
		die "$dir: $(git_says); the tree is as it was"
	sign=
	[ "$(git -C "$dir" config --type=bool commit.gpgSign)" != true ] || sign=-S
	new=$head
	own_git -C "$repo" rev-list --reverse "$head..HEAD" >"$tmp/commits"
	while read -r commit; do
		new=$(commit_again "$commit" 2>"$tmp/log") ||
			die "$dir: git commit-tree: $(git_says); the tree is as it was"
	done <"$tmp/commits"
	send_objects >"$tmp/log" 2>&1 ||
		die "$dir: its objects cannot be written: $(git_says); the tree is as it was"
}

# send_objects: what DIR needs of $new.
send_objects() {
	[ "$(own_git -C "$repo" rev-parse "$new^{tree}")" = \
	  "$(own_git -C "$repo" rev-parse 'HEAD^{tree}')" ] &&
	printf '%s\n' "$new" "^$head" |
		own_git -C "$repo" pack-objects -q --revs --stdout >"$tmp/pack" &&
	in_dir unpack-objects -q <"$tmp/pack"
}

# commit_again COMMIT: on top of $new, by the user as committer.
commit_again() {
	own_git -C "$repo" cat-file commit "$1" >"$tmp/commit" || return
	author=$(sed -n '/^$/q;s/^author //p' "$tmp/commit")
	date=${author##*> } email=${author%"> $date"}
	sed '1,/^$/d' "$tmp/commit" | GIT_AUTHOR_NAME=${email% <*} \
		GIT_AUTHOR_EMAIL=${email##* <} GIT_AUTHOR_DATE="@$date" \
		GIT_OBJECT_DIRECTORY=$repo/.git/objects \
		in_dir -c i18n.commitEncoding=UTF-8 commit-tree ${sign:+"$sign"} -p "$new" \
			"$(sed -n '/^$/q;s/^tree //p' "$tmp/commit")"
}

# write_index: the index of $new, for all that git keeps there, in DIR's index.lock;
# the files as they are checked out in $tmp/land.
write_index() {
	cp -p "$index" "$tmp/index" &&
	own_git -C "$repo" diff-tree -r --no-renames "$head" "$new" |
		awk -F '[ \t]' '{ print $2 " " $4 "\t" $6 }' | in_index update-index --index-info &&
	mkdir "$tmp/land" &&
	[ "$(in_index write-tree)" = "$(own_git -C "$repo" rev-parse "$new^{tree}")" ] &&
	in_index ls-files | comm -12 - "$tmp/touched" |
		in_index checkout-index -q --prefix="$tmp/land/" --stdin &&
	cp -p "$index" "$index.lock" && cat "$tmp/index" >"$index.lock"
}

# land_git: the patches as commits.
land_git() {
	commit_all
	write_index 2>"$tmp/log" || die "$dir: $(git_says); the tree is as it was"
	land "$tmp/land"
	in_dir update-index -q --refresh >/dev/null 2>&1
}

# land KERNEL_TREE: put the touched files of TREE into DIR, and what else $new is.
land() {
	land_tree=$1
	at_exit=undo
	: >"$tmp/made"
	while read -r file; do
		make_dir "$(dirname "$file")"
		put_next_to "$file" 2>"$tmp/log" ||
			die "$dir/$file: cannot be written; the tree is as it was"
	done <"$tmp/touched"
	changed=$(changed_since)
	[ -z "$changed" ] || die "$dir/$changed: was changed while apply ran; try again"
	signals_off
	landing=1
	while read -r file; do
		if [ -e "$land_tree/$file" ]; then
			mv -f "$dir/$file.$$.new" "$dir/$file"
		else
			rm -f "$dir/$file"
		fi || die "$dir/$file: cannot be replaced; the tree is as it was"
	done <"$tmp/touched"
	[ ! "$locked" ] || land_head
	landing='' at_exit=:
	while read -r file; do
		rm -f "$dir/$file.$$.was"
	done <"$tmp/touched"
}

# land_head: last of all the branch and the index.
land_head() {
	in_dir update-ref -m "apply $base: $(wc -l <"$tmp/names") patches" HEAD "$new" "$head" \
		>"$tmp/log" 2>&1 || die "$dir: $(git_says); the tree is as it was"
	locked=
	mv -f "$index.lock" "$index" || {
		at_exit=:
		die "$index: cannot be replaced; all patches are in, then: git -C $dir reset"
	}
}

changed_since() {
	if [ "$locked" ]; then
		local_changes
	else
		while read -r file; do
			if [ -e "$tmp/orig/$file" ]; then
				cmp -s "$tmp/orig/$file" "$dir/$file"
			else
				[ ! -e "$dir/$file" ]
			fi || echo "$file"
		done <"$tmp/touched" | head -n 1
	fi
}

# put_next_to FILE: FILE.PID.new and .was.  Renaming cuts a hard link to another tree
# instead of writing through it.  Owner and mode are the old file's; a new file is as
# the patch says, and belongs to the owner of its directory.
put_next_to() {
	next=$dir/$1.$$
	if [ -e "$dir/$1" ]; then
		cp -p "$dir/$1" "$next.was" || return
	fi
	[ -e "$land_tree/$1" ] || return 0
	mode=$(mode_of "$land_tree/$1")
	if [ -e "$dir/$1" ]; then
		cp -p "$dir/$1" "$next.new" && cat "$land_tree/$1" >"$next.new" &&
		{ [ "$(mode_of "$dir/$1")" = "$mode" ] || chmod "${mode#100}" "$next.new"; }
	else
		cp "$land_tree/$1" "$next.new" && chmod "${mode#100}" "$next.new" &&
		own_as_parent "$next.new"
	fi
}

own_as_parent() {
	[ "$(id -u)" -ne 0 ] || chown "$(stat -c %u:%g "$(dirname "$1")")" "$1"
}

# make_dir PATH: like mkdir -p in DIR, remembering what was made.
make_dir() {
	[ ! -d "$dir/$1" ] || return 0
	make_dir "$(dirname "$1")"
	{ echo "$1" >>"$tmp/made" && mkdir "$dir/$1" && chmod 755 "$dir/$1" &&
		own_as_parent "$dir/$1"; } 2>"$tmp/log" ||
		die "$dir/$1: cannot be made a directory; the tree is as it was"
}

# undo: at any exit before the end of land().
locked='' landing=''
undo() {
	if [ -f "$tmp/made" ]; then
		while read -r file; do
			if [ ! "$landing" ]; then
				rm -f "$dir/$file.$$.was"
			elif [ -e "$dir/$file.$$.was" ]; then
				mv -f "$dir/$file.$$.was" "$dir/$file"
			else
				rm -f "$dir/$file"
			fi
			rm -f "$dir/$file.$$.new"
		done <"$tmp/touched"
		sort -r "$tmp/made" | while read -r made; do
			rmdir "$dir/$made"
		done
	fi 2>/dev/null
	[ ! "$locked" ] || rm -f "$index.lock"
}
