//! Hostile HTTP, on raw connections: slow clients, floods, oversized headers, and requests that two parsers would end
//! at different places. Connections are pipes in memory or sockets on loopback, and time is the test's.
use crate::{
    lifecycle::serve,
    support::{ApiServer, Replica, Script, webhook},
};
use gateway::{config::Config, protocol::Disposition, server};
use std::{
    future::{Future, pending},
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    sync::mpsc,
};

const PATH: &str = "/api/v1/signals/prometheus";

/// A listener whose connections are pipes.
pub(crate) struct Pipes {
    arriving: mpsc::UnboundedReceiver<DuplexStream>,
    accepted: Arc<AtomicUsize>,
}

/// Connects to a server that listens on [`Pipes`].
#[derive(Clone)]
pub(crate) struct Connector {
    sender: mpsc::UnboundedSender<DuplexStream>,
    accepted: Arc<AtomicUsize>,
}

impl axum::serve::Listener for Pipes {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        let Some(io) = self.arriving.recv().await else { return pending().await };
        self.accepted.fetch_add(1, Ordering::Relaxed);
        (io, ())
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Connector {
    pub(crate) fn new() -> (Self, Pipes) {
        let (sender, arriving) = mpsc::unbounded_channel();
        let accepted = Arc::new(AtomicUsize::new(0));
        (Self { sender, accepted: accepted.clone() }, Pipes { arriving, accepted })
    }

    pub(crate) fn connect(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(64 * 1024);
        self.sender.send(server).expect("a server that listens");
        client
    }

    /// Everything that the server answers to `bytes` before it closes the connection.
    pub(crate) async fn exchange(&self, bytes: &[u8]) -> String {
        let mut client = self.connect();
        let (mut from, mut to) = tokio::io::split(&mut client);
        let mut answer = Vec::new();
        // The client stays connected: a server may end the request of one that is gone.
        let (sent, read) = tokio::join!(to.write_all(bytes), from.read_to_end(&mut answer));
        drop((sent, read));
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// A replica, served on pipes until the test ends.
async fn piped() -> (Replica, Connector) {
    let replica = Replica::ready().await;
    let (connector, pipes) = Connector::new();
    tokio::spawn(server::serve(pipes, replica.app.open_router(), pending()));
    (replica, connector)
}

fn request(headers: &str, body: &str) -> String {
    format!("POST {PATH} HTTP/1.1\r\nHost: gateway\r\n{headers}\r\n{body}")
}

fn group() -> String {
    webhook(&[&[("pod", "a")]])
}

fn statuses(answers: &str) -> Vec<&str> {
    answers.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)).collect()
}

#[tokio::test(start_paused = true)]
async fn slow_body_times_out() {
    let (replica, connector) = piped().await;
    let mut client = connector.connect();
    let head = request("Content-Length: 1000\r\n", "{");
    client.write_all(head.as_bytes()).await.expect("written");
    let started = tokio::time::Instant::now();
    let (mut from, mut to) = tokio::io::split(client);
    let trickle = async {
        while to.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(900)).await;
        }
        pending::<()>().await;
    };
    let mut answer = Vec::new();
    {
        let (trickle, read) = (pin!(trickle), pin!(from.read_to_end(&mut answer)));
        drop(futures::future::select(trickle, read).await);
    }
    assert_eq!(statuses(&String::from_utf8_lossy(&answer)), ["504"], "retryable: the network may be slow");
    assert_eq!(started.elapsed().as_secs(), 5, "a byte now and then does not help");
    assert!(replica.signals().is_empty());
}

#[tokio::test(start_paused = true)]
async fn connections_have_a_cap() {
    let (_replica, connector) = piped().await;
    let flood: Vec<_> = (0..server::CONNECTIONS_MAX + 50).map(|_| connector.connect()).collect();
    while connector.accepted.load(Ordering::Relaxed) < server::CONNECTIONS_MAX {
        tokio::task::yield_now().await;
    }
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(connector.accepted.load(Ordering::Relaxed), server::CONNECTIONS_MAX, "more wait in the backlog");
    // Silent connections end, and those that waited are served.
    let body = group();
    let answer = connector.exchange(request(&format!("Content-Length: {}\r\n", body.len()), &body).as_bytes()).await;
    assert_eq!(statuses(&answer), ["201"]);
    drop(flood);
}

#[tokio::test(start_paused = true)]
async fn headers_have_limits() {
    let (replica, connector) = piped().await;
    let body = group();
    let length = format!("Content-Length: {}\r\n", body.len());
    for (headers, expected) in [
        ("X-A: b\r\n".repeat(90), "201"),
        ("X-A: b\r\n".repeat(200), "431"),
        (format!("X-A: {}\r\n", "b".repeat(16 * 1024)), "201"),
        (format!("X-A: {}\r\n", "b".repeat(64 * 1024)), "431"),
        (format!("X-{}: b\r\n", "A".repeat(64 * 1024)), "431"),
        ("X A: b\r\n".to_owned(), "400"),
        ("X-A: b\0c\r\n".to_owned(), "400"),
        (" folded\r\n".to_owned(), "400"),
    ] {
        let answer = connector.exchange(request(&format!("{length}{headers}"), &body).as_bytes()).await;
        assert_eq!(statuses(&answer), [expected], "{headers:.40}");
    }
    let long = format!("POST /{} HTTP/1.1\r\nHost: gateway\r\n\r\n", "a".repeat(70_000));
    assert!(["414", "431"].contains(&statuses(&connector.exchange(long.as_bytes()).await)[0]));
    assert_eq!(replica.signals().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn smuggled_requests_are_never_served() {
    let body = group();
    let smuggled = request(&format!("Content-Length: {}\r\n", body.len()), &body);
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for (name, headers, sent, stored) in [
        (
            "CL.TE",
            format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", chunked.len() + smuggled.len()),
            format!("{chunked}{smuggled}"),
            1,
        ),
        (
            "TE.CL",
            format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n", body.len()),
            format!("{chunked}{smuggled}"),
            1,
        ),
        (
            "empty chunk first",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n".to_owned(),
            format!("0\r\n\r\n{smuggled}"),
            0,
        ),
        ("two lengths", format!("Content-Length: 0\r\nContent-Length: {}\r\n", smuggled.len()), smuggled.clone(), 0),
        ("a list of lengths", format!("Content-Length: 0, {}\r\n", smuggled.len()), smuggled.clone(), 0),
        ("a signed length", "Content-Length: +0\r\n".to_owned(), smuggled.clone(), 0),
        ("a negative length", "Content-Length: -1\r\n".to_owned(), smuggled.clone(), 0),
        ("a huge length", "Content-Length: 18446744073709551616\r\n".to_owned(), smuggled.clone(), 0),
        ("another encoding last", "Transfer-Encoding: chunked, identity\r\n".to_owned(), smuggled.clone(), 0),
        ("an unknown encoding", "Transfer-Encoding: xchunked\r\n".to_owned(), smuggled.clone(), 0),
        ("space before the colon", "Transfer-Encoding : chunked\r\n".to_owned(), format!("0\r\n\r\n{smuggled}"), 0),
        ("a bare line feed", "X-A: b\nTransfer-Encoding: xchunked\r\n".to_owned(), smuggled.clone(), 0),
    ] {
        let (replica, connector) = piped().await;
        let answers = connector.exchange(request(&headers, &sent).as_bytes()).await;
        assert_eq!(replica.signals().len(), stored, "{name}: {answers}");
        assert_eq!(statuses(&answers).len(), 1, "{name}: one answer, and the connection ends");
        assert_eq!(statuses(&answers)[0] == "201", stored == 1, "{name}: {answers}");
    }
}

#[tokio::test(start_paused = true)]
async fn broken_chunks_store_nothing() {
    let body = group();
    for chunks in [
        "zz\r\n{}\r\n0\r\n\r\n".to_owned(),
        "-1\r\n{}\r\n0\r\n\r\n".to_owned(),
        "0x2\r\n{}\r\n0\r\n\r\n".to_owned(),
        format!("1000000000000000{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
        format!("{:x}\r\n{body}0\r\n\r\n", body.len()),
        format!("{:x}\r\n{body}\r\n", body.len()),
        format!("{:x}\r\n{body}\r\n0", body.len()),
        format!("{:x};{}\r\n{body}\r\n0\r\n\r\n", body.len(), "e".repeat(64 * 1024)),
    ] {
        let (replica, connector) = piped().await;
        let answers = connector.exchange(request("Transfer-Encoding: chunked\r\n", &chunks).as_bytes()).await;
        assert!(replica.signals().is_empty(), "{chunks:.60}");
        assert!(statuses(&answers).iter().all(|status| !status.starts_with('2')), "{chunks:.60}: {answers}");
    }
}

#[tokio::test(start_paused = true)]
async fn flood_is_answered_without_its_bodies() {
    let server = ApiServer::new();
    let config = Config { requests_max: 8, ..Config::for_pod("gateway-0", "kubernaut-system", "kubernaut-system") };
    let replica = Replica::boot(server, config).await;
    let (connector, pipes) = Connector::new();
    tokio::spawn(server::serve(pipes, replica.app.open_router(), pending()));
    let mut clients = Vec::new();
    for _ in 0..200 {
        let mut client = connector.connect();
        let head = request("Content-Length: 262144\r\n", "{");
        client.write_all(head.as_bytes()).await.expect("written");
        clients.push(client);
    }
    let mut answered = 0;
    for client in &mut clients {
        let mut start = [0; 12];
        let mut read = pin!(client.read_exact(&mut start));
        for _ in 0..50 {
            if let Poll::Ready(read) = std::future::poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx))).await {
                answered += usize::from(read.is_ok());
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    // 8 and a reserve of 2: each of them may hold 256 KiB, and nobody else holds anything.
    assert_eq!(answered, 190, "all others get 503 at once");
}

#[tokio::test]
async fn socket_flood_leaves_the_replica_serving() {
    let replica = Replica::ready().await;
    replica.script((0..400).map(|_| Script::Accept(Disposition::Created)));
    let (address, stop, served) = serve(&replica).await;
    let flood = (0..400).map(|n| async move {
        let Ok(mut stream) = tokio::net::TcpStream::connect(address).await else { return };
        let bytes =
            ["", "GET", "\r\n\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", "\u{16}\u{3}\u{1}"][n % 5];
        drop(stream.write_all(bytes.as_bytes()).await);
    });
    futures::future::join_all(flood).await;
    let body = group();
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("a connection");
    let whole = request(&format!("Connection: close\r\nContent-Length: {}\r\n", body.len()), &body);
    stream.write_all(whole.as_bytes()).await.expect("written");
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_string(&mut answer)).await;
    assert!(read.is_ok_and(|read| read.is_ok()));
    assert_eq!(statuses(&answer), ["201"]);
    drop(stop);
    served.await.expect("no panic");
}
