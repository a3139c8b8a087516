"""`etl completion`: scripts that complete commands and flags in a shell."""

import argparse
import re
from collections.abc import Mapping

EXAMPLES = """\
examples:
  etl completion bash > ~/.local/share/bash-completion/completions/etl
  etl completion zsh  > ~/.zfunc/_etl          (a folder of $fpath)
  etl completion fish > ~/.config/fish/completions/etl.fish
"""

_BASH = """\
_etl() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} words
    case "${{COMP_WORDS[1]}}" in
{cases}
        *) words="{commands}" ;;
    esac
    if [[ $COMP_CWORD == 1 ]]; then words="{commands}"; fi
    if [[ $word == -* || $COMP_CWORD == 1 || ${{COMP_WORDS[1]}} =~ ^(help|completion)$ ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$word"))
    else
        COMPREPLY=($(compgen -f -- "$word"))
    fi
}}
complete -o filenames -F _etl etl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def run(options: argparse.Namespace) -> int:
    print({"bash": _bash, "zsh": _zsh, "fish": _fish}[options.shell](words()), end="")
    return 0


def words() -> dict[str, list[str]]:
    """The words that may follow each command."""
    from etl.cli.help import topics
    from etl.cli.main import COMMANDS, parser_of

    found = {}
    for command in COMMANDS:
        flags = re.findall(r"(?<![\w-])--[a-z-]+", parser_of(command).format_help())
        found[command] = list(dict.fromkeys(flags))
    found["help"] += [*topics(), *COMMANDS]
    found["completion"] += ["bash", "zsh", "fish"]
    return found


def _bash(known: Mapping[str, list[str]]) -> str:
    cases = "\n".join(f'        {name}) words="{" ".join(w)}" ;;' for name, w in known.items())
    return _BASH.format(cases=cases, commands=" ".join(known))


def _zsh(known: Mapping[str, list[str]]) -> str:
    begin = "#compdef etl\nautoload -U +X bashcompinit && bashcompinit\n"
    return begin + _bash(known)


def _fish(known: Mapping[str, list[str]]) -> str:
    from etl.cli.main import COMMANDS

    lines = ["complete -c etl -n __fish_use_subcommand -f"]
    for name, (_, summary) in COMMANDS.items():
        lines.append(f'complete -c etl -n __fish_use_subcommand -f -a {name} -d "{summary}"')
    for name, following in known.items():
        given = f"'__fish_seen_subcommand_from {name}'"
        for word in following:
            what = f"-l {word[2:]}" if word.startswith("--") else f"-f -a {word}"
            lines.append(f"complete -c etl -n {given} {what}")
    return "\n".join(lines) + "\n"
