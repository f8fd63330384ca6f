//! Load: closed, so many requests at a time, and open, so many a second whether answered or not.
use super::series::Series;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// Sends `count` requests, `at_once` at a time: each worker sends its next request when the last was answered. `one` is
/// called with the number of the request, and says whether it was answered well.
pub(super) async fn closed<F>(at_once: usize, count: usize, one: impl Fn(usize) -> F + Clone + Send + 'static) -> Series
where
    F: Future<Output = bool> + Send,
{
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        let (next, one) = (Arc::clone(&next), one.clone());
        workers.spawn(async move {
            let mut series = Series::default();
            loop {
                let number = next.fetch_add(1, Relaxed);
                if number >= count {
                    return series;
                }
                let began = Instant::now();
                if one(number).await { series.push(began.elapsed()) } else { series.failed += 1 }
            }
        });
    }
    joined(workers).await
}

/// Sends `count` requests at a rate. Each is timed from the moment when it was due, so that a stall counts for every
/// request that it delays.
pub(super) async fn open<F>(rate: u32, count: usize, one: impl Fn(usize) -> F + Clone + Send + 'static) -> Series
where
    F: Future<Output = bool> + Send,
{
    let (began, mut requests) = (Instant::now(), JoinSet::new());
    for number in 0..count {
        let due = began + Duration::from_secs(1).mul_f64(number as f64 / f64::from(rate));
        sleep_until(due).await;
        let one = one.clone();
        requests.spawn(async move {
            let mut series = Series::default();
            if one(number).await {
                series.push(due.elapsed())
            } else {
                series.failed += 1
            }
            series
        });
    }
    joined(requests).await
}

async fn joined(mut tasks: JoinSet<Series>) -> Series {
    let mut whole = Series::default();
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(series) => whole.extend(series),
            Err(_) => whole.failed += 1,
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    #[tokio::test(start_paused = true)]
    async fn open_load_times_from_when_it_was_due() {
        // One that takes a second holds back those after it.
        let gate = Arc::new(tokio::sync::Semaphore::new(1));
        let one = move |number: usize| {
            let gate = Arc::clone(&gate);
            async move {
                let _turn = gate.acquire().await;
                sleep(Duration::from_millis(if number == 0 { 1_000 } else { 0 })).await;
                number != 9
            }
        };
        let series = open(10, 10, one).await;
        let row = series.row("", 0, "");
        assert_eq!((row.requests, row.failed), (9, 1));
        assert_eq!(series.percentile(100), 1_000.0);
        assert!((500.0..=700.0).contains(&series.percentile(50)), "{series:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn closed_load_has_so_many_at_a_time() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (under_way, peak) = (Arc::clone(&now), Arc::clone(&most));
        let one = move |_| {
            let (now, most) = (Arc::clone(&under_way), Arc::clone(&peak));
            async move {
                most.fetch_max(now.fetch_add(1, Relaxed) + 1, Relaxed);
                sleep(Duration::from_millis(10)).await;
                now.fetch_sub(1, Relaxed);
                true
            }
        };
        let series = closed(4, 40, one).await;
        let row = series.row("", 0, "");
        assert_eq!((row.requests, most.load(Relaxed), row.p50), (40, 4, 10.0));
    }
}
