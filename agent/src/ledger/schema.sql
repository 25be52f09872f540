-- One row for each purchase, kept for ever. What is not released counts against budgets.
CREATE TABLE purchases (
    id           INTEGER PRIMARY KEY,
    stage        TEXT    NOT NULL CHECK (stage IN ('reserved', 'signed', 'settled', 'released')),
    method       TEXT    NOT NULL,
    url          TEXT    NOT NULL,
    session      TEXT    NOT NULL,
    target       TEXT    NOT NULL,
    host         TEXT    NOT NULL,
    micros       INTEGER NOT NULL CHECK (micros >= 0),
    chain_id     INTEGER NOT NULL,
    asset        TEXT    NOT NULL,
    amount       TEXT    NOT NULL,
    payer        TEXT    NOT NULL,
    pay_to       TEXT    NOT NULL,
    nonce        TEXT    NOT NULL,
    valid_before INTEGER NOT NULL,
    reserved_at  INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL,
    -- The payment: the very bytes, so that asking again sends nothing else.
    version      INTEGER,
    payment      TEXT,
    sends        INTEGER NOT NULL DEFAULT 0,
    tx           TEXT
) STRICT;

-- One signature for one purchase: a second one of a kind cannot even be reserved.
CREATE UNIQUE INDEX one_open ON purchases (method, url, session)
    WHERE stage IN ('reserved', 'signed');
CREATE INDEX by_time ON purchases (reserved_at);
CREATE INDEX by_url ON purchases (url);
