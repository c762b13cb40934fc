//! The server that the service is held against: the same framework in the same configuration, giving the same answers,
//! heads included, out of a table in memory. Nothing that serves these answers over HTTP with it can be faster.

use std::{collections::HashMap, fs, net::SocketAddr, path::Path, thread, time::Duration};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
    rt::System,
    web::{self, Bytes, Data},
};

use crate::{Outcome, http, questions::Question, say};

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

type Answers = HashMap<String, Answer>;

/// Fetches the answers from the service, says where it listens, and serves until it is killed.
pub fn serve(of: SocketAddr, questions: &Path) -> Outcome<()> {
    let answers = Data::new(fetch(of, questions)?);
    System::new().block_on(async {
        let server = HttpServer::new(move || App::new().app_data(answers.clone()).default_service(web::to(answer)))
            .workers(thread::available_parallelism().map_or(2, usize::from))
            .client_request_timeout(Duration::from_secs(5))
            .keep_alive(Duration::from_secs(75))
            .backlog(1024)
            .bind("127.0.0.1:0")?;
        for address in server.addrs() {
            say(&address.to_string());
        }
        server.run().await?;
        Ok(())
    })
}

fn fetch(of: SocketAddr, questions: &Path) -> Outcome<Answers> {
    let mut client = http::Client::new(of)?;
    let mut answers = Answers::new();
    for line in fs::read_to_string(questions)?.lines() {
        let question = Question::from_line(line)?;
        answers.insert(question.path.clone(), kept(question.ask(&mut client)?)?);
    }
    Ok(answers)
}

/// The framework writes length and date of every answer itself.
fn kept(http::Answer { status, headers, body }: http::Answer) -> Outcome<Answer> {
    let headers = headers.iter().filter(|(name, _)| !matches!(name.as_str(), "content-length" | "date"));
    let headers: Result<_, Box<dyn std::error::Error>> =
        headers.map(|(name, value)| Ok((HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?))).collect();
    Ok(Answer { status: StatusCode::from_u16(status)?, headers: headers?, body: body.into() })
}

async fn answer(request: HttpRequest, answers: Data<Answers>) -> HttpResponse {
    let address = request.uri().path_and_query().map_or("", |address| address.as_str());
    let Some(Answer { status, headers, body }) = answers.get(address) else { return HttpResponse::NotFound().finish() };
    let mut answer = HttpResponse::with_body(*status, body.clone());
    for (name, value) in headers {
        answer.headers_mut().append(name.clone(), value.clone());
    }
    answer.map_into_boxed_body()
}
