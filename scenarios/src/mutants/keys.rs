//! Mutants that forget deliveries, or occurrences that were given back.
use super::mutant::{BLANK, Mutant};
use mutants::Safeguard;

/// In the order of the list.
pub(super) const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "key-not-stored",
        about: "the key of a delivery is looked up, but not stored with its count",
        removed: &[Safeguard::KeysStored],
        scenario: "keyed-twice",
        ..BLANK
    },
    Mutant {
        name: "key-looked-up-once",
        about: "keys are looked up when a batch begins, and not again when its count loses to another",
        removed: &[Safeguard::KeysOfVersion],
        scenario: "keyed-redelivery",
        ..BLANK
    },
    Mutant {
        name: "keys-left-behind",
        about: "an episode begins without the keys of the one before",
        removed: &[Safeguard::KeysHandedOn],
        scenario: "empty-episode",
        ..BLANK
    },
    Mutant {
        name: "keys-lost-on-the-way",
        about: "keys are looked up in the previous episode only, which has none if it ended before its first count",
        removed: &[Safeguard::KeysPastEmpty],
        scenario: "empty-episode",
        ..BLANK
    },
    Mutant {
        name: "ended-not-consulted",
        about: "an episode begins although the request that ended has counted the delivery with this key",
        removed: &[Safeguard::EndedConsulted],
        scenario: "keyed-after-the-end",
        invariant: "redelivered_begins_nothing",
        ..BLANK
    },
    Mutant {
        name: "twins-not-merged",
        about: "two deliveries with one key in one batch count twice",
        removed: &[Safeguard::TwinsMerged],
        scenario: "keyed-at-once",
        ..BLANK
    },
    Mutant {
        name: "group-not-given-back",
        about: "the stored members of a group that is answered 5xx count again each time that it is sent",
        removed: &[Safeguard::GroupGivenBack],
        scenario: "refused-member",
        invariant: "scenario_expectation",
        ..BLANK
    },
    Mutant {
        name: "taken-twice",
        about: "an occurrence that was given back stays there when a delivery takes it, and the next takes it too",
        removed: &[Safeguard::TakenOnce],
        scenario: "refused-member",
        ..BLANK
    },
    Mutant {
        name: "keys-renamed-on-the-way",
        about: "a key that is handed on twice names the request that handed it on, not the one that counted it",
        removed: &[Safeguard::InheritedOnce],
        scenario: "keyed-episodes-later",
        invariant: "reply_tells_truth",
        ..BLANK
    },
    Mutant {
        name: "gift-repeated",
        about: "occurrences that were given back are given back again when the write was not answered",
        removed: &[Safeguard::GiftNamed],
        scenario: "refused-member-of-pair",
        ..BLANK
    },
    Mutant {
        name: "unconditional-gift",
        about: "occurrences are given and taken without a version: the last writer wins",
        removed: &[Safeguard::GiftVersion],
        scenario: "refused-member-of-pair",
        ..BLANK
    },
    Mutant {
        name: "remembers-one-key",
        about: "only the latest key is remembered",
        removed: &[Safeguard::KeysMany],
        scenario: "cooldown-ends",
        ..BLANK
    },
];
