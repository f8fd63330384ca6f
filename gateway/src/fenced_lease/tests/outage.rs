//! An API server that works for no call: how often it is asked, and what is stored once it is back.
use super::{server::Fault, *};
use std::collections::BTreeSet;

const WRITERS: u8 = 60;

#[tokio::test(start_paused = true)]
async fn outage_bounds_the_calls_of_all_writers() {
    let server = Server::default();
    let replica = Replica::ready(&server, "gw-1").await;
    server.fault(|_| Some(Fault::NotExecuted));
    let waiting: Vec<_> = (0..WRITERS).map(|number| replica.send_about(number)).collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let first = server.take_log().len();
    assert!(first <= usize::from(WRITERS) + 16, "{first} calls before the outage is noticed");
    for second in 2..=9 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let calls = server.take_log().len();
        assert!((3..=8).contains(&calls), "{calls} calls in second {second}");
    }
    server.fault(|_| None);
    let mut names = BTreeSet::new();
    for answer in waiting {
        let accepted = answer.await.expect("no panic").expect("stored within its 15 seconds");
        assert_eq!((accepted.disposition, accepted.count), (Disposition::Created, 1));
        assert!(names.insert(accepted.name));
    }
    let stored = requests(&server);
    assert!(stored.len() == usize::from(WRITERS) && stored.iter().all(|(_, count)| *count == 1), "{stored:?}");
}
