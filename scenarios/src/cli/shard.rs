//! `--shard I/N`: one machine's part of a job that several machines share, numbered as in an Indexed Job of Kubernetes.
use crate::campaign::Shard;

/// Environment variable with the index of a pod of an Indexed Job.
const INDEX: &str = "JOB_COMPLETION_INDEX";

/// Reads `I/N`, or `/N` with the index from the environment.
pub(super) fn parse(text: &str) -> Result<Shard, String> {
    let wrong = || format!("`{text}` is not a shard; write I/N such as 0/4, or /4 where {INDEX} is set");
    let (index, of) = text.split_once('/').ok_or_else(wrong)?;
    let index = if index.is_empty() { std::env::var(INDEX).map_err(|_| wrong())? } else { index.to_owned() };
    let shard = Shard { index: index.parse().map_err(|_| wrong())?, of: of.parse().map_err(|_| wrong())? };
    if shard.index < shard.of {
        Ok(shard)
    } else {
        Err(format!("`{text}`: shards are numbered from 0, so I must be less than N"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_counted_from_zero() {
        assert_eq!(parse("1/4"), Ok(Shard { index: 1, of: 4 }));
        for bad in ["4/4", "1", "a/2", "1/", "0/0"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
