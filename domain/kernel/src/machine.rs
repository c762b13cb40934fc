//! State machines as tables: looking a step up, and drawing them all.
//!
//! A table lists every step there is, `(from, command, to)`. What is not in it is refused.

use std::fmt::Write;

/// Where a command leads from a state.
#[must_use]
pub fn step<S: Copy + PartialEq, C: PartialEq>(table: &[(S, C, S)], from: S, command: &C) -> Option<S> {
    table.iter().find(|(a, by, _)| *a == from && by == command).map(|(_, _, to)| *to)
}

/// One arrow of a drawing: from a state, by a command, to a state.
pub type Arrow = (&'static str, &'static str, &'static str);

/// A Mermaid state diagram. `begin` holds the commands that make a thing and the state each makes it in; arrows
/// between the same states are drawn as one; a state that no arrow leaves is an end.
#[must_use]
pub fn draw(begin: &[(&str, &str)], states: &[&str], arrows: &[Arrow]) -> String {
    let mut diagram = String::from("stateDiagram-v2\n");
    // Writing to a String cannot fail.
    for (command, to) in begin {
        let _ = writeln!(diagram, "    [*] --> {to}: {command}");
    }
    for from in states {
        for to in states {
            let commands: Vec<_> = arrows.iter().filter(|(a, _, b)| (a, b) == (from, to)).map(|(_, by, _)| *by).collect();
            if !commands.is_empty() {
                let _ = writeln!(diagram, "    {from} --> {to}: {}", commands.join(", "));
            }
        }
    }
    for end in states.iter().filter(|state| arrows.iter().all(|(from, ..)| from != *state)) {
        let _ = writeln!(diagram, "    {end} --> [*]");
    }
    diagram
}

#[cfg(test)]
mod tests {
    use super::{draw, step};

    #[test]
    fn a_drawing_begins_joins_and_ends() {
        let arrows = [("on", "press", "off"), ("off", "press", "on"), ("off", "kick", "on"), ("on", "drop", "broken")];
        let drawn = draw(&[("buy", "off")], &["on", "off", "broken"], &arrows);
        let expected = "stateDiagram-v2
    [*] --> off: buy
    on --> off: press
    on --> broken: drop
    off --> on: press, kick
    broken --> [*]
";
        assert_eq!(drawn, expected);
    }

    #[test]
    fn a_step_that_is_not_listed_is_none() {
        let table = [('a', 1, 'b'), ('b', 1, 'a')];
        assert_eq!((step(&table, 'a', &1), step(&table, 'a', &2)), (Some('b'), None));
    }
}
