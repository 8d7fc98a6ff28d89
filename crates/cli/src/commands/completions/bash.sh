_score_rs() {
    local line=${COMP_LINE:0:COMP_POINT} words=() word at=-1 i
    # Bash splits words at `:` and `=`. Parts without a space between them are one word.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if [[ $at == -1 || $line == [[:space:]]* ]]; then
            line=${line#"${line%%[![:space:]]*}"}
            at=$((at + 1))
        fi
        word=${COMP_WORDS[i]}
        # The last word ends at the cursor.
        ((i < COMP_CWORD)) || word=$line
        words[at]=${words[at]-}$word
        line=${line#"$word"}
    done
    # Bash replaces only the last part of the word.
    local current=${words[at]} breaks=${COMP_WORDBREAKS//[^:=]/} prefix=
    if [[ -n $breaks && $current == *[$breaks]* ]]; then
        prefix=${current%"${current##*[$breaks]}"}
    fi
    local IFS=$'\n'
    COMPREPLY=($(_SCORE_RS_COMPLETE=bash score-rs -- "${words[@]}" 2>/dev/null))
    COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/:=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o default -o nosort -F _score_rs score-rs 2>/dev/null ||
    complete -o default -F _score_rs score-rs
