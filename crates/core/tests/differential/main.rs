//! The same bytes to this server and to hyper: where the two differ, a named rule says why.
//!
//! The corpus is generated, the same in every run. A difference without a rule fails, and so does a
//! rule that nothing needs: the table in `rules.rs` and docs/design/0002 are all there is to know
//! about how this server departs from the field.

#[path = "../support/mod.rs"]
mod support;

mod corpus;
mod events;
mod oracle;
mod ours;
mod rules;

use std::collections::BTreeMap;

use events::first_difference;

/// Cases of the corpus.
const CASES: u64 = 40_000;

#[test]
fn every_difference_has_a_rule() {
    let (mut used, mut unexplained, mut agreed) = (BTreeMap::new(), Vec::new(), 0);
    for seed in 0..CASES {
        let input = corpus::case(seed);
        let (ours, theirs) = (ours::run(&input), oracle::run(&input));
        match first_difference(&ours, &theirs) {
            None => agreed += 1,
            Some(difference) => match rules::explain(&input, &difference) {
                Some(rule) => *used.entry(rule.name).or_insert(0) += 1,
                None => unexplained.push(format!(
                    "{seed}: {}\n  ours   {ours:?}\n  hyper  {theirs:?}",
                    input.escape_ascii()
                )),
            },
        }
    }
    assert!(
        unexplained.is_empty(),
        "{} unexplained differences, {agreed} agreed, {used:?}\n{}",
        unexplained.len(),
        unexplained[..unexplained.len().min(12)].join("\n")
    );
    let dead: Vec<_> = rules::RULES
        .iter()
        .filter(|rule| !used.contains_key(rule.name))
        .collect();
    assert!(dead.is_empty(), "rules that nothing needs: {dead:?}");
    assert!(
        agreed > CASES / 4,
        "the corpus says little: {agreed} of {CASES} agree"
    );
}

#[test]
fn the_document_lists_the_rules() {
    let document = include_str!("../../../../docs/design/0002-strictness-against-hyper.md");
    for rule in rules::RULES {
        let row = format!("| `{}` | {} |", rule.name, rule.why);
        assert!(
            document.contains(&row),
            "docs/design/0002 lacks this row:\n{row}"
        );
    }
    let rows = document
        .lines()
        .filter(|line| line.starts_with("| `"))
        .count();
    assert_eq!(
        rows,
        rules::RULES.len(),
        "docs/design/0002 has a row too many"
    );
}
