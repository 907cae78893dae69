"""What the page says while a mail server drops the line and goes away."""

from tests.platform.delivery.servers import mailing_server
from tests.web.campaigns.build import text_of
from tests.web.delivery.conftest import SendingShop
from tests.web.delivery.test_delivering import Finish, listed, text


def test_the_page_says_where_a_mailing_stands_that_was_cut_and_lets_a_person_decide(
    sending: SendingShop, finish_jobs: Finish
) -> None:
    browser, page = sending.browser, f"/campaigns/{sending.campaign}/delivery"
    sending.set_up(email="smtp")
    sending.write("email", "Hello")
    names = listed(browser, sending.campaign)
    with mailing_server() as server:
        server.hang_up[4, "mail"] = server.hang_up[6, "data"] = server.hang_up[9, "taken"] = True
        fields = {"host": "127.0.0.1", "port": str(server.port), "security": "none"}
        browser.post("/settings/channels/mail", fields | {"sender": "shop@tea.example"})
        browser.post(f"{page}/1/queue", {"template": "1"})
        finish_jobs()
        cut = set(server.cut)
        mailed = [name for name, _ in server.mails]
    assert len(cut) == 2
    assert len(mailed) == len(set(mailed)) == len(names) - 1  # one of the two got nowhere
    shown = text_of(text(browser, page))
    assert f"sent {len(names) - 2}" in shown
    assert "unsure 2" in shown
    assert f"All {len(names)}" in shown
    assert "2 messages are unsure" in shown
    assert "It is not sent again by itself, so that nobody gets it twice." in shown

    # a person sends them again; the server is gone by now, and they wait
    browser.post(f"{page}/batches/1/again")
    finish_jobs()
    shown = text_of(text(browser, page))
    assert "waiting 2" in shown
    assert "The mail server 127.0.0.1 cannot be reached." in shown
    assert "Tried again at" in shown
