//! A program as a host: each process is one task.
use crate::{
    hosts::{Environment, Host, Process},
    listener::Listener,
};
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{task::AbortHandle, time::Instant};

type Main = Arc<dyn Fn(Environment) -> BoxFuture<'static, ()> + Send + Sync>;

/// First panic of a run: its time, and a sentence that names the replica.
type FirstPanic = Arc<Mutex<Option<(Duration, String)>>>;

/// An async function that a replica runs.
#[derive(Clone)]
pub(super) struct Program {
    main: Main,
    panic: FirstPanic,
}

impl Program {
    pub(super) fn new(main: impl Fn(Environment) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        Self { main: Arc::new(main), panic: FirstPanic::default() }
    }

    /// The same program, without a panic yet.
    pub(super) fn for_one_run(&self) -> Self {
        Self { main: Arc::clone(&self.main), panic: FirstPanic::default() }
    }

    /// The first panic, if there was one.
    pub(super) fn panic(&self) -> Option<(Duration, String)> {
        self.panic.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Host for Program {
    fn boot(&self, environment: Environment) -> Box<dyn Process> {
        let (panic, name, clock) = (Arc::clone(&self.panic), environment.name.clone(), environment.clock.clone());
        let booted = Instant::now();
        // kube-runtime's backoff takes its jitter from this thread's generator.
        fastrand::seed(environment.entropy.next_u64());
        let main = AssertUnwindSafe((self.main)(environment)).catch_unwind();
        let task = tokio::spawn(async move {
            if let Err(payload) = main.await {
                let why = format!("{name} panicked: {}", message(&*payload));
                let mut first = panic.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert((booted.elapsed().max(clock.monotonic()), why));
            }
        });
        Box::new(Running { task: task.abort_handle() })
    }
}

/// Message of a panic.
pub(super) fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// A running process: its one task, which owns everything else.
struct Running {
    task: AbortHandle,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Process for Running {
    /// A program serves no requests, so it is always ready.
    fn ready(&self) -> bool {
        true
    }

    fn call(&self, _request: http::Request<Bytes>) -> BoxFuture<'static, http::Response<Bytes>> {
        let mut refusal = http::Response::new(Bytes::from_static(b"this program serves no HTTP"));
        *refusal.status_mut() = http::StatusCode::NOT_FOUND;
        Box::pin(std::future::ready(refusal))
    }

    fn serve(&self, listener: Listener) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let _kept_open = listener;
            std::future::pending().await
        })
    }
}
