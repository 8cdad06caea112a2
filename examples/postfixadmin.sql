-- A small mail host, in the tables that PostfixAdmin makes (only the columns that matter here).

CREATE TABLE domain (domain TEXT PRIMARY KEY, transport TEXT, backupmx INTEGER DEFAULT 0, active INTEGER DEFAULT 1);
CREATE TABLE alias_domain (alias_domain TEXT PRIMARY KEY, target_domain TEXT, active INTEGER DEFAULT 1);
CREATE TABLE mailbox (username TEXT PRIMARY KEY, domain TEXT, active INTEGER DEFAULT 1);
CREATE TABLE alias (address TEXT PRIMARY KEY, goto TEXT, domain TEXT, active INTEGER DEFAULT 1);

INSERT INTO domain (domain, transport) VALUES
    ('ALL', ''),
    ('example.net', 'virtual'),
    ('example.org', 'virtual'),
    ('shop.example', 'virtual'),
    ('club.example', 'virtual');

-- Every address of shop.example stands for the same one of example.net.
INSERT INTO alias_domain (alias_domain, target_domain) VALUES ('shop.example', 'example.net');

INSERT INTO mailbox (username, domain) VALUES
    ('ann@example.net', 'example.net'),
    ('ben@example.net', 'example.net'),
    ('post@example.org', 'example.org');

INSERT INTO alias (address, goto, domain, active) VALUES
    -- mailboxes, as PostfixAdmin writes them: an alias to itself
    ('ann@example.net', 'ann@example.net', 'example.net', 1),
    ('post@example.org', 'post@example.org', 'example.org', 1),
    -- keeps a copy and sends one to a private account
    ('ben@example.net', 'ben@example.net,ben.private@gmail.example', 'example.net', 1),
    -- a chain over three addresses: nothing in the first row tells that it ends outside
    ('info@example.net', 'team@example.net', 'example.net', 1),
    ('team@example.net', 'ann@example.net,office@example.org', 'example.net', 1),
    ('office@example.org', 'the.office@freemail.example', 'example.org', 1),
    -- a catch-all: every address of club.example
    ('@club.example', 'chair@freemail.example', 'club.example', 1),
    -- stays here
    ('sales@example.net', 'ann@example.net', 'example.net', 1),
    -- would leave, but is switched off
    ('old@example.net', 'old@freemail.example', 'example.net', 0);
