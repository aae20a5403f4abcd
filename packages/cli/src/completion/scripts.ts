/**
 * What shells run at a key press. The program itself says what may follow: a line each, with a tab before its meaning;
 * `:files` and `:directories` stand for paths behind the text after their tab.
 */
export const SCRIPTS = {
  bash: `# Completion of waybill for bash. For all shells to come:
#   waybill completion bash > ~/.local/share/bash-completion/completions/waybill
# or, in ~/.bashrc: source <(waybill completion bash)
_waybill() {
  local current="$2" line action='' prefix=''
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files*) action=-f prefix="\${line#*$'\\t'}" ;;
      :directories*) action=-d prefix="\${line#*$'\\t'}" ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <("\${1/#\\~/$HOME}" __complete bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [[ -n $action ]] || return 0
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do
    COMPREPLY+=("$prefix$line")
  done < <(compgen "$action" -- "\${current#"$prefix"}")
}
complete -F _waybill waybill
`,
  zsh: `#compdef waybill
# Completion of waybill for zsh. For all shells to come, into a directory of $fpath:
#   waybill completion zsh > ~/.zfunc/_waybill
# or, in ~/.zshrc after compinit: source <(waybill completion zsh)
_waybill() {
  local line value action='' prefix=''
  local -a values shown
  while IFS= read -r line; do
    case $line in
      :files*) action=files prefix=\${line#*$'\\t'} ;;
      :directories*) action=directories prefix=\${line#*$'\\t'} ;;
      *)
        value=\${line%%$'\\t'*}
        values+=("$value")
        if [[ $line == *$'\\t'* ]]; then shown+=("$value  -- \${line#*$'\\t'}"); else shown+=("$value"); fi
        ;;
    esac
  done < <("\${(Q)words[1]/#\\~/$HOME}" __complete zsh "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)
  if (( \${#values} )); then compadd -l -d shown -a values; return; fi
  [[ -n $action ]] || return 1
  [[ -z $prefix ]] || compset -P "\${(b)prefix}"
  if [[ $action == files ]]; then _files; else _files -/; fi
}
if [[ $funcstack[1] == _waybill ]]; then _waybill "$@"; else compdef _waybill waybill; fi
`,
  fish: `# Completion of waybill for fish. For all shells to come:
#   waybill completion fish > ~/.config/fish/completions/waybill.fish
function __waybill_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in (command $words[1] __complete fish $words[2..-1] $current 2>/dev/null)
        set -l parts (string split -m 1 \\t -- $line)
        set -l typed (string sub -s (math 1 + (string length -- "$parts[2]")) -- $current)
        switch $parts[1]
            case :files
                for path in (__fish_complete_path "$typed")
                    echo -- $parts[2]$path
                end
            case :directories
                for path in (__fish_complete_directories "$typed" '')
                    echo -- $parts[2]$path
                end
            case '*'
                echo -- $line
        end
    end
end
complete -c waybill -f -a '(__waybill_complete)'
`,
} as const;

export type Shell = keyof typeof SCRIPTS;
export const SHELLS = Object.keys(SCRIPTS) as readonly Shell[];
