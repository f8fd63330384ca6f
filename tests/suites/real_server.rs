//! The real control plane starts, answers as its tokens allow, and leaves nothing behind.
use bytes::Bytes;
use http::{Request, StatusCode};
use std::{path::Path, process::Command};
use tests::real_server::{ADMIN_TOKEN, Client, Options, RealServer, USER_TOKEN};

async fn status(client: &Client, path: &str) -> StatusCode {
    let request = Request::get(path).body(Bytes::new()).expect("a request");
    client.call(request).await.expect("an answer").status()
}

#[tokio::test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn tokens_decide_what_is_allowed() {
    let plane = RealServer::shared();
    let path = "/api/v1/namespaces";
    let client = plane.client(0, ADMIN_TOKEN);
    assert_eq!(status(&client, path).await, StatusCode::OK);
    assert_eq!(status(&client.with_token(USER_TOKEN).unwrap(), path).await, StatusCode::FORBIDDEN);
    assert_eq!(status(&client.with_token("unknown").unwrap(), path).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&client.with_token("").unwrap(), path).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
async fn servers_share_one_store() {
    let mut plane = RealServer::start(&Options { servers: 2, ..Options::default() }).expect("a real server");
    let create = Request::post("/api/v1/namespaces").header("content-type", "application/json");
    let body = Bytes::from_static(br#"{"metadata": {"name": "shared"}}"#);
    let created = plane.client(0, ADMIN_TOKEN).call(create.body(body).unwrap()).await.unwrap();
    assert_eq!(created.status(), StatusCode::CREATED);
    plane.kill_server(0);
    assert_eq!(status(&plane.client(1, ADMIN_TOKEN), "/api/v1/namespaces/shared").await, StatusCode::OK);
    plane.start_server(0).expect("the killed server again");
    assert_eq!(status(&plane.client(0, ADMIN_TOKEN), "/api/v1/namespaces/shared").await, StatusCode::OK);
}

#[test]
#[cfg_attr(not(real_server), ignore = "needs Go, or KUBEBUILDER_ASSETS")]
fn dropped_plane_leaves_nothing_behind() {
    let plane = RealServer::start(&Options::default()).expect("a real server");
    let pids = [plane.etcd_pid().expect("it runs"), plane.server_pid(0).expect("it runs")];
    let directory = plane.directory().to_owned();
    assert!(directory.exists() && pids.into_iter().all(runs));
    drop(plane);
    assert!(!directory.exists() && !pids.into_iter().any(runs));
}

fn runs(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
        || Command::new("kill").args(["-0", &pid.to_string()]).output().is_ok_and(|output| output.status.success())
}
