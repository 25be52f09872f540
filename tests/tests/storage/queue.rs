//! A door in front of the S3 server of the tests, which lets writes in one at a time. That server
//! looks whether an object exists and then writes it, and between the two another write may come;
//! S3 itself creates at once.

use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::relay::{pass_on, read_request};

/// Opens one in front of this address and returns its own.
pub(crate) async fn before(behind: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (behind, writes) = (behind.to_owned(), Arc::new(Mutex::new(())));
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (behind, writes) = (behind.clone(), Arc::clone(&writes));
            tokio::spawn(async move {
                let Some(request) = read_request(&mut client).await else { return };
                let turn =
                    if request.starts_with(b"PUT ") { Some(writes.lock().await) } else { None };
                let answer = pass_on(&request, &behind).await;
                drop(turn);
                let _ = client.write_all(&answer).await;
            });
        }
    });
    address
}
