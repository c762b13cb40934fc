//! Every operation, once: served and described from the same list.

use actix_web::{
    App as ActixApp,
    body::BoxBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web::Data,
};
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{
    app::App, confirmations, demo, discovery, events, front, health, initiatives, me, messages, moderation, openapi, organisations, policy,
    problem, reports, taxonomies, vocabularies,
};

fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(me::get)
        .service(organisations::list)
        .service(organisations::register)
        .service(organisations::get)
        .service(organisations::edit)
        .service(organisations::verify)
        .service(organisations::memberships::list)
        .service(organisations::memberships::request)
        .service(organisations::memberships::confirm)
        .service(organisations::memberships::appoint)
        .service(organisations::memberships::end)
        .service(organisations::overview::get)
        .service(organisations::standing::get)
        .service(organisations::standing::freeze)
        .service(organisations::standing::unfreeze)
        .service(organisations::standing::succession)
        .service(organisations::standing::dissolve)
        .service(organisations::standing::merge)
        .service(organisations::standing::concerns)
        .service(organisations::eligibility::list)
        .service(organisations::eligibility::open)
        .service(organisations::eligibility::get)
        .service(organisations::eligibility::answer)
        .service(organisations::eligibility::hold)
        .service(organisations::eligibility::drop)
        .service(organisations::eligibility::lift)
        .service(organisations::declarations::list)
        .service(organisations::declarations::declare)
        .service(organisations::invitations::list)
        .service(organisations::invitations::invite)
        .service(organisations::invitations::get)
        .service(organisations::invitations::withdraw)
        .service(organisations::history::list)
        .service(organisations::history::renumber)
        .service(initiatives::of_organisation)
        .service(initiatives::list)
        .service(initiatives::draft)
        .service(initiatives::get)
        .service(initiatives::edit)
        .service(initiatives::steps::submit)
        .service(initiatives::steps::publish)
        .service(initiatives::steps::return_to_draft)
        .service(initiatives::steps::refuse)
        .service(initiatives::steps::revise)
        .service(initiatives::steps::pause)
        .service(initiatives::steps::resume)
        .service(initiatives::steps::suspend)
        .service(initiatives::steps::clear)
        .service(initiatives::steps::confirm)
        .service(initiatives::steps::archive)
        .service(initiatives::comparison::compare)
        .service(initiatives::principles::list)
        .service(initiatives::principles::assess)
        .service(moderation::list)
        .service(moderation::figures)
        .service(moderation::files)
        .service(moderation::take)
        .service(moderation::give_back)
        .service(messages::receive)
        .service(reports::receive)
        .service(reports::list)
        .service(reports::get)
        .service(reports::uphold)
        .service(reports::dismiss)
        .service(policy::get)
        .service(policy::guidepost)
        .service(policy::principle)
        .service(taxonomies::list)
        .service(taxonomies::get)
        .service(vocabularies::list)
        .service(confirmations::redeem)
        .service(events::list)
        .service(problem::list)
        .service(problem::get)
        .service(demo::token)
        .service(discovery::index)
        .service(discovery::api_catalog)
        .service(discovery::protected_resource)
        .service(discovery::security_txt)
        .service(openapi::contract)
        .service(openapi::contract_3_0)
        .service(health::live)
        .service(health::ready)
        .service(health::metrics);
}

/// The document of all operations, before the conventions are laid over it.
#[must_use]
pub fn collect() -> utoipa::openapi::OpenApi {
    ActixApp::new().into_utoipa_app().openapi(openapi::base()).configure(operations).split_for_parts().1
}

/// The application that serves them.
pub fn application(
    app: Data<App>,
) -> ActixApp<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<BoxBody>, Error = actix_web::Error, InitError = ()>>
{
    let swagger = SwaggerUi::new("/docs/{_:.*}").config(
        Config::from("/openapi.json")
            .try_it_out_enabled(true)
            .persist_authorization(true)
            .display_request_duration(true)
            .filter(true)
            .doc_expansion("list"),
    );
    ActixApp::new()
        .app_data(app)
        .into_utoipa_app()
        .configure(operations)
        .into_app()
        .service(discovery::docs)
        .service(actix_web::web::scope("").wrap(from_fn(discovery::swagger_policy)).service(swagger))
        .default_service(actix_web::web::to(front::nowhere))
        .wrap(from_fn(front::front))
}
