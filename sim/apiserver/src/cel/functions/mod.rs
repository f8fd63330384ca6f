//! The functions of the environment. A function gets all values of a call, that of the target first, and chooses by
//! them; the checker has seen to it that they fit, where it could.
use native::Native;

mod authorization;
mod convert;
pub(super) mod format;
mod lists;
mod named_format;
pub(super) mod native;
mod network;
mod numbers;
mod operators;
mod strings;
mod times;

/// The implementation of a function; None for one that is not simulated.
pub(super) fn find(name: &str) -> Option<Native> {
    let libraries: [fn(&str) -> Option<Native>; 9] = [
        operators::find,
        convert::find,
        strings::find,
        lists::find,
        times::find,
        numbers::find,
        network::find,
        named_format::find,
        authorization::find,
    ];
    libraries.iter().find_map(|library| library(name))
}

#[cfg(test)]
mod tests {
    use super::{super::signatures::FUNCTION_NAMES, find};

    #[test]
    fn every_declared_function_is_simulated() {
        const EVALUATED: [&str; 9] =
            ["_?_:_", "_&&_", "_||_", "@not_strictly_false", "_[_]", "_[?_]", "_?._", "or", "orValue"];
        let missing: Vec<&String> =
            FUNCTION_NAMES.iter().filter(|name| find(name).is_none() && !EVALUATED.contains(&name.as_str())).collect();
        assert_eq!(missing, Vec::<&String>::new());
    }
}
