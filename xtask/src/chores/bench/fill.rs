//! Many users at once on PostgreSQL: copies of one that Roster made, whatever its rows are by now.

use anyhow::{Result, bail};

use super::api::Api;
use super::plan::{APART, MARK, token};
use super::sql::Database;
use super::stage;

/// Copies the rows of the one user of the token, with numbers from 1 in place of the token, and ids that end with them. The
/// rows are whole, so that foreign keys need no look; statistics are made, as the database would in time.
const COPY: &str = r"
DO $$
DECLARE
    of_table text;
    columns text;
    expressions text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOREACH of_table IN ARRAY ARRAY['users', 'audit_log', 'accounts'] LOOP
        SELECT
            string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position),
            string_agg(CASE
                WHEN column_name IN ('id', 'user_id')
                    THEN format('(left(t.%I::text, 24) || n.token)::uuid', column_name)
                WHEN data_type IN ('text', 'jsonb')
                    THEN format('replace(t.%I::text, %L, n.token)::%s', column_name, '{token}', data_type)
                ELSE format('t.%I', column_name)
            END, ', ' ORDER BY ordinal_position)
        INTO columns, expressions
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = of_table AND is_generated = 'NEVER';
        EXECUTE format(
            'INSERT INTO %I (%s) SELECT %s FROM %I t
             CROSS JOIN (SELECT lpad(to_hex(g), 12, ''0'') AS token FROM generate_series(1, {count}) g) n
             WHERE t.%I = %L',
            of_table, columns, expressions, of_table, CASE of_table WHEN 'users' THEN 'id' ELSE 'user_id' END, '{id}'
        );
    END LOOP;
END
$$";

/// Makes one user over `/v1`, and what an id begins with that is followed by a number.
pub(super) fn first_user(api: &Api) -> Result<(String, String)> {
    let made = stage::once(api, &stage::create(), &token(APART))?;
    match made["id"].as_str() {
        Some(id) if id.len() == 36 => Ok((id.to_owned(), format!("{}{MARK}", &id[..24]))),
        _ => bail!("a user without an id: {made}"),
    }
}

/// Fills a database with so many copies of the user.
pub(super) fn fill(database: &Database<'_>, id: &str, count: u64) -> Result<()> {
    let sql = COPY
        .replace("{token}", &token(APART))
        .replace("{id}", id)
        .replace("{count}", &count.to_string());
    database.run(&sql)?;
    // Not both in one, for VACUUM is none of a transaction.
    database.run("VACUUM ANALYZE")?;
    database.settle()
}
