//! Every operation, once: served and described from the same list.

use std::sync::LazyLock;

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
    app::App,
    confirmations,
    contract::{self, Contract},
    demo, discovery, events, files, front, health, hsds, initiatives, me, messages, moderation, organisations, policy, problems, reports,
    taxonomies, vocabularies,
};

fn operations(config: &mut ServiceConfig<'_>) {
    config
        .service(me::get)
        .service(me::tasks::list)
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
        .service(organisations::similar::list)
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
        .service(initiatives::referrals::list)
        .service(initiatives::referrals::get)
        .service(initiatives::referrals::put)
        .service(initiatives::referrals::withdraw)
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
        .service(files::reserve)
        .service(files::metadata)
        .service(files::get)
        .service(files::fill)
        .service(files::delete)
        .service(policy::get)
        .service(policy::guidepost)
        .service(policy::principle)
        .service(taxonomies::list)
        .service(taxonomies::get)
        .service(taxonomies::add)
        .service(taxonomies::get_term)
        .service(taxonomies::edit)
        .service(taxonomies::retire)
        .service(taxonomies::restore)
        .service(taxonomies::merge)
        .service(vocabularies::list)
        .service(hsds::about)
        .service(hsds::list_services)
        .service(hsds::get_service)
        .service(hsds::list_organizations)
        .service(hsds::get_organization)
        .service(hsds::list_taxonomies)
        .service(hsds::get_taxonomy)
        .service(hsds::list_terms)
        .service(hsds::get_term)
        .service(confirmations::redeem)
        .service(events::list)
        .service(problems::list)
        .service(problems::get)
        .service(demo::token)
        .service(discovery::index)
        .service(discovery::api_catalog)
        .service(discovery::protected_resource)
        .service(discovery::security_txt)
        .service(discovery::contract)
        .service(discovery::contract_3_0)
        .service(health::live)
        .service(health::ready)
        .service(health::metrics);
}

/// The contract of the operations that this program serves.
#[must_use]
pub fn contract() -> Contract {
    static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
        let document = ActixApp::new().into_utoipa_app().openapi(contract::base()).configure(operations).split_for_parts().1;
        Contract::new(serde_json::to_value(document).unwrap_or_default())
    });
    CONTRACT.clone()
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
