//! The chain as pure data: whatever is changed in it is found.

use lamplight::domain::audit::{Broken, Head, Link, Walk};
use proptest::prelude::*;

/// What may be done to a chain by whoever can write to the file.
#[derive(Debug, Clone)]
enum Forgery {
    Change { row: usize, field: usize, to: String },
    ChangeAndSeal { row: usize, field: usize, to: String },
    Remove(usize),
    RemoveAndRenumber(usize),
    Insert(usize),
    Swap(usize, usize),
    Rehash { row: usize, to: String },
}

fn entry() -> impl Strategy<Value = (i64, String, String, String, String)> {
    (any::<i64>(), "[a-c]{0,3}", "[a-c.]{0,4}", "[a-c]{0,4}", "[{}\":a-c]{0,8}")
}

fn chain() -> impl Strategy<Value = Vec<Link>> {
    prop::collection::vec(entry(), 2..12).prop_map(|entries| {
        let mut head = Head::genesis();
        entries
            .into_iter()
            .map(|(at, actor, action, subject, detail)| {
                let link = Link::after(&head, at, &actor, &action, &subject, detail);
                head = link.head();
                link
            })
            .collect()
    })
}

fn forgery() -> impl Strategy<Value = Forgery> {
    let row = 0..64_usize;
    prop_oneof![
        (row.clone(), 0..5_usize, "[x-z]{1,4}").prop_map(|(row, field, to)| Forgery::Change {
            row,
            field,
            to
        }),
        (row.clone(), 0..5_usize, "[x-z]{1,4}").prop_map(|(row, field, to)| Forgery::ChangeAndSeal {
            row,
            field,
            to
        }),
        row.clone().prop_map(Forgery::Remove),
        row.clone().prop_map(Forgery::RemoveAndRenumber),
        row.clone().prop_map(Forgery::Insert),
        (row.clone(), row.clone()).prop_map(|(a, b)| Forgery::Swap(a, b)),
        (row, "[0-9a-f]{64}").prop_map(|(row, to)| Forgery::Rehash { row, to }),
    ]
}

fn change(link: &mut Link, field: usize, to: &str) {
    match field {
        0 => link.at = link.at.wrapping_add(1),
        1 => to.clone_into(&mut link.actor),
        2 => to.clone_into(&mut link.action),
        3 => to.clone_into(&mut link.subject),
        _ => to.clone_into(&mut link.detail),
    }
}

/// Forges a chain. Nothing where that would leave it as it was.
fn forge(chain: &[Link], forgery: &Forgery) -> Option<Vec<Link>> {
    let mut forged = chain.to_vec();
    let at = |row: usize| row % chain.len();
    match forgery {
        Forgery::Change { row, field, to } => change(&mut forged[at(*row)], *field, to),
        Forgery::ChangeAndSeal { row, field, to } => {
            let link = &mut forged[at(*row)];
            change(link, *field, to);
            link.hash = link.seal();
        }
        Forgery::Remove(row) => drop(forged.remove(at(*row))),
        Forgery::RemoveAndRenumber(row) => {
            forged.remove(at(*row));
            for (n, link) in forged.iter_mut().enumerate() {
                link.seq = i64::try_from(n).unwrap() + 1;
            }
        }
        Forgery::Insert(row) => {
            let copy = forged[at(*row)].clone();
            forged.insert(at(*row), copy);
        }
        Forgery::Swap(a, b) => {
            let (a, b) = (at(*a), at(*b));
            forged.swap(a, b);
            let seq = forged[a].seq;
            forged[a].seq = forged[b].seq;
            forged[b].seq = seq;
        }
        Forgery::Rehash { row, to } => forged[at(*row)].hash.clone_from(to),
    }
    (forged != chain).then_some(forged)
}

fn walk(chain: &[Link], kept: Option<Head>) -> Result<Head, Broken> {
    let mut walk = Walk::new(kept);
    chain.iter().try_for_each(|link| walk.take(link))?;
    walk.end()
}

/// Everything from `row` on sealed anew: what whoever knows how the chain is made can do.
fn seal_from(chain: &mut [Link], row: usize) {
    for n in row..chain.len() {
        let head = if n == 0 { Head::genesis() } else { chain[n - 1].head() };
        chain[n].seq = head.seq + 1;
        chain[n].prev = head.hash;
        chain[n].hash = chain[n].seal();
    }
}

proptest! {
    #[test]
    fn any_change_of_any_row_is_found(chain in chain(), forgery in forgery()) {
        let head = chain.last().unwrap().head();
        prop_assert_eq!(walk(&chain, None), Ok(head.clone()));
        if let Some(forged) = forge(&chain, &forgery) {
            // The end alone may be cut off or changed in accord with itself; the head tells.
            prop_assert!(walk(&forged, Some(head)).is_err(), "{forged:?}");
        }
    }

    #[test]
    fn what_is_not_the_last_row_needs_no_head_to_be_found(chain in chain(), forgery in forgery()) {
        if let Some(forged) = forge(&chain, &forgery) && forged.last() == chain.last() {
            prop_assert!(walk(&forged, None).is_err());
        }
    }

    #[test]
    fn a_chain_that_was_sealed_anew_does_not_hold_a_head_from_before(
        chain in chain(), forgery in forgery(), kept in 0..64_usize,
    ) {
        if let Some(mut forged) = forge(&chain, &forgery) {
            let first = (0..chain.len()).find(|n| forged.get(*n) != chain.get(*n)).unwrap_or(chain.len());
            seal_from(&mut forged, first);
            prop_assert!(walk(&forged, None).is_ok());
            let kept = kept % chain.len();
            let same = forged.get(..=kept) == Some(&chain[..=kept]);
            prop_assert_eq!(walk(&forged, Some(chain[kept].head())).is_ok(), same);
        }
    }

    #[test]
    fn a_head_is_read_as_it_is_printed(hash in "[0-9a-f]{64}", seq in 1..i64::MAX) {
        let head = Head { hash, seq };
        prop_assert_eq!(head.to_string().parse(), Ok(head));
    }
}

#[test]
fn a_hash_is_that_of_these_bytes() {
    // SHA-256 over the seal, 8 bytes each of seq and time, and every field behind 8 bytes of its length; worked out with
    // Python's hashlib.
    let link =
        Link::after(&Head::genesis(), 1_700_000_000_000, "anna", "alert.resolve", "e1a0", "{}".to_owned());
    assert_eq!(link.seq, 1);
    assert_eq!(link.hash, "6bc2abb431be2bb6bfc0aa1e38f3b356591ef4309964fa42df7f786739a146f1");
}

#[test]
fn words_that_are_no_head_are_refused() {
    let hash = "a".repeat(64);
    for bad in ["", "12", &hash, &format!("{hash}:0"), &format!("{hash}:x"), &format!("{}:3", &hash[1..])] {
        assert!(bad.parse::<Head>().is_err(), "{bad}");
    }
}
