# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# The part that knows no program. In front of it stands what completion.c wrote, whose variables
# are used here: options, takes (what completes an option's argument), commands (and what may follow
# each), targets, assigned (what follows a word that ends with =). In them @file, @command, @pid,
# @text (nothing) and @comma (several words, with commas) are kinds, all else are words.

# The processes whose memory the user may read.
_dmv_pids()
{
	local p
	for p in /proc/[0-9]*; do
		[[ ! -r $p/mem ]] || printf '%s\n' "${p#/proc/}"
	done
}

# Which of the words $2... begin as $1; each behind what stands in $prefix.
_dmv_offer()
{
	local start=$1 w
	shift
	for w; do
		[[ $w != "$start"* ]] || found+=("$prefix$w")
	done
}

# Names of files: readline knows best how they are quoted, where its word (`typed`) is the name.
_dmv_files()
{
	local f slash how=''
	[[ -n $prefix && $typed = "$prefix"* ]] || how=filenames
	if [[ ${#found[@]} = 0 && -n $how ]]; then
		compopt -o default
		return
	fi
	while IFS= read -r f; do
		if [[ -n $how ]]; then
			compopt -o filenames
		else
			slash=''
			[[ ! -d $f ]] || slash=/
			printf -v f '%q%s' "$f" "$slash"
		fi
		found+=("$prefix$f")
	done < <(compgen -f -- "$1")
}

# A line for -c: the command, and what may follow it.
_dmv_command()
{
	local last=${1##*[[:blank:]]} words w
	read -ra words <<<"${1%"$last"}"
	prefix+=${1%"$last"}
	# `dma` and `!dma` may stand in front of every command
	if [[ ${#words[@]} -gt 1 && ${words[0]#!} = dma && -n ${commands[${words[1]}]+x} ]]; then
		words=("${words[@]:1}")
	elif [[ ${#words[@]} = 1 && ${words[0]#!} = dma ]]; then
		_dmv_offer "$last" "${!commands[@]}"
	fi
	if [[ ${#words[@]} = 0 ]]; then
		_dmv_offer "$last" "${!commands[@]}"
		return
	fi
	w=${words[0]#!}
	for w in ${commands[${w:-none}]-}; do
		case $w in
		@command) _dmv_offer "$last" "${!commands[@]}" ;;
		*) _dmv_offer "$last" "$w" ;;
		esac
	done
}

# The argument $1 of an option or a program, of the kinds $2...
_dmv_value()
{
	local value=$1 w files=''
	local -a pids=()
	shift
	if [[ $1 = @comma ]]; then
		prefix+=${value%"${value##*,}"}
		value=${value##*,}
		shift
	fi
	for w; do
		case $w,$value in
		@file,*) files=1 ;;
		@text,*) ;;
		@command,*) _dmv_command "$value" ;;
		@pid,* | pid:,pid:*)
			mapfile -t pids < <(_dmv_pids)
			_dmv_offer "$value" "${pids[@]/#/${w#@pid}}"
			;;
		gdb:,gdb:unix:*) prefix+=gdb:unix: _dmv_files "${value#gdb:unix:}" ;;
		gdb:,gdb:*) _dmv_offer "$value" gdb:localhost: gdb:unix: ;;
		*=,*=*)
			[[ $value != "$w"* ]] || _dmv_offer "$value" "${assigned[@]/#/$w}"
			;;
		*) _dmv_offer "$value" "$w" ;;
		esac
	done
	[[ -z $files ]] || _dmv_files "$value"
}

# Sets `option` to the one among the letters of the word $1 that takes an argument, if one does, and
# `value` to what stands behind it in the word.
_dmv_letters()
{
	local i
	for ((i = 1; i < ${#1}; i++)); do
		option=-${1:i:1} value=${1:i + 1}
		[[ -z ${takes[$option]-} ]] || return 0
	done
	option=
}

# bash cuts words at = and :, so the line is looked at, not COMP_WORDS. The word that stands before
# the cursor is `word`; `last` is the one before it. COMPREPLY has only what comes where bash cut.
_dmv_complete()
{
	local line=${COMP_LINE:0:COMP_POINT} cur=${COMP_WORDS[COMP_CWORD]} word last head
	local option='' value='' prefix='' typed=$2
	local -a found=() before=()

	if [[ $cur = ?(--*=)[\"\']* && $line = *"$cur" ]]; then
		word=${cur#*[\"\']}
		head=${line%?"$word"}
	else
		word=${line##*[[:blank:]]}
		head=${line%"$word"}
	fi
	read -ra before <<<"$head"
	last=${before[-1]-}
	case $last in
	--*=) option=${last%=} ;;               # in front of a quote
	--?* | /?*) option=$last ;;
	-?*)
		_dmv_letters "$last"
		[[ -z $value ]] || option=
		;;
	esac
	value=$word
	if [[ -z ${takes[$option]-} ]]; then
		option=
		case $word in
		--*=*) option=${word%%=*} value=${word#*=} prefix=$option= ;;
		--*) ;;
		-?*)
			_dmv_letters "$word"
			[[ -n $value ]] || option=
			prefix=${word%"$value"}
			;;
		esac
	fi
	if [[ -n ${takes[${option:-none}]-} ]]; then
		# shellcheck disable=SC2086
		_dmv_value "$value" ${takes[$option]}
	elif [[ $word = -* || ($word = /* && " ${options[*]}" = *" /"*) ]]; then
		prefix=
		_dmv_offer "$word" "${options[@]}"
	else
		_dmv_value "$word" "${targets[@]}"
	fi
	[[ ${#found[@]} != 1 || ${found[0]} != *[=:/] ]] || compopt -o nospace
	head=${word%"$typed"}
	COMPREPLY=("${found[@]#"$head"}")
}
