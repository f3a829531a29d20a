# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-or-later
# bash completion of dma-inspect(1): options, files, and after -c the commands of its own table.
_dma_inspect()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}

    case $prev in
    -c|--command)
        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" -j --bugcheck 0 -c help 2>/dev/null |
            grep -o '"command":"[a-z]*","synopsis"' | cut -d'"' -f4)" -- "$cur")
        return ;;
    --color)
        mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$cur")
        return ;;
    --base|--region|--bugcheck)
        return ;;
    esac
    if [[ $cur == -* && $prev != -f && $prev != -s ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" --help 2>/dev/null |
            grep -oE -- '--[a-z-]+=?')" -- "$cur")
        [[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
        return
    fi
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}
complete -F _dma_inspect dma-inspect
