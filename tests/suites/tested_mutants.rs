//! The gateway's tests of its protocol and of the coalescer, on the copy that has the generated mutants, and a test of
//! them: a survivor that is justified by one of these tests makes it fail.
//!
//! `LOCKSTEP_MUTANT` chooses a mutant by its name, such as `generated-f54d7dac`; without it the copy is the protocol as
//! it is.
use mutants::GENERATED;
use scenarios::{
    protocol_name::ProtocolName,
    survivors::{Reason, justified},
};
use std::{
    env,
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

/// The choice of the process, as the copy asks for it.
mod choice {
    use scenarios::protocol_name::ProtocolName;
    use std::{env, process, sync::LazyLock, thread};

    #[expect(clippy::disallowed_methods, reason = "a test that does not end must fail; no run sees it")]
    static MUTANT: LazyLock<Option<u16>> = LazyLock::new(|| {
        let name = env::var(super::VARIABLE).ok()?;
        // A mutant may wait, or loop, for ever.
        thread::spawn(|| {
            thread::sleep(super::LONGEST);
            process::exit(1);
        });
        match name.parse() {
            Ok(ProtocolName::Generated(number)) => number,
            _ => panic!("{name} is not a generated mutant"),
        }
    });

    pub(crate) fn active(number: u16) -> bool {
        *MUTANT == Some(number)
    }

    pub(crate) fn flipped(number: u16, condition: bool) -> bool {
        active(number) != condition
    }

    pub(crate) fn scaled<T: mutants::Scale>(half: u16, twice: u16, value: T) -> T {
        mutants::scaled(half, twice, value, active)
    }
}

/// The protocol and the coalescer with a choice at each operator, and their tests.
#[expect(
    clippy::all,
    unreachable_pub,
    unused_parens,
    unused_qualifications,
    unused_comparisons,
    reason = "mutants are not written as a person would"
)]
mod generated {
    include!(env!("TESTED_MUTANTS"));
}

/// Environment variable with the name of the mutant.
const VARIABLE: &str = "LOCKSTEP_MUTANT";
/// With a mutant, tests that take longer have failed.
const LONGEST: Duration = Duration::from_secs(60);

/// Whether the tests with `name` in theirs fail with the mutant; an error if there are none.
fn fails(name: &str, mutant: usize) -> Result<bool, String> {
    let protocol = ProtocolName::Generated(u16::try_from(mutant).ok());
    let mut tests = Command::new(env::current_exe().expect("this program"));
    tests.args([name, "--test-threads", "1"]).env(VARIABLE, protocol.to_string());
    let done = tests.output().expect("this program starts");
    let none = String::from_utf8_lossy(&done.stdout).contains("running 0 tests");
    if none { Err(format!("no test is called `{name}`")) } else { Ok(!done.status.success()) }
}

#[test]
fn each_tested_survivor_fails_its_test() {
    let mut all = Vec::new();
    for (mutant, of) in GENERATED.iter().enumerate() {
        for entry in justified().filter(|entry| entry.has(of)) {
            if let Reason::Tested(test, _) = entry.reason {
                all.push((mutant, test));
            }
        }
    }
    assert!(!all.is_empty());
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(&(mutant, test)) = all.get(next.fetch_add(1, Relaxed)) {
                    let problem = match fails(test, mutant) {
                        Ok(true) => continue,
                        Ok(false) => format!("`{test}` passes with {}", GENERATED[mutant]),
                        Err(problem) => problem,
                    };
                    wrong.lock().expect("no test panics with it").push(problem);
                }
            });
        }
    });
    assert_eq!(wrong.into_inner().expect("no test panicked with it"), Vec::<String>::new());
}
