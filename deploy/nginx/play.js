// Verifies the tickets of films, which are JWTs in the path (docs/edges.md), for deploy/nginx/edge.conf. It needs njs 0.7.9.
//
// `kensho_keys` is the file that `kensho keys` writes, as nginx found it when it was loaded: a reload brings new keys. What a key is
// good for follows from the times in the file, so that one that is over is refused without a reload.
import crypto from 'crypto';

const RETIRING_MS = 600000; // two lives of a ticket: as kensho/edges/portal/ticket_keys.py
const PLAIN = /^[A-Za-z0-9._~\/-]+$/;

// Returns the key of an id, unless another has signed for so long that no ticket of it is left.
function keyOf(kid, now) {
    const keys = kensho_keys.keys;
    let found = null;
    for (let i = 0; i < keys.length; i++) {
        if (keys[i].kid === kid) {
            found = keys[i];
        }
    }
    if (found === null || found.kty !== 'oct' || found.alg !== 'HS256') {
        return null;
    }
    const since = Date.parse(found.signs_from);
    for (let i = 0; i < keys.length; i++) {
        const other = Date.parse(keys[i].signs_from);
        if (other > since && other + RETIRING_MS <= now) {
            return null;
        }
    }
    return found;
}

function decoded(part) {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
}

// Compares in a time that does not depend on where two texts differ.
function isEqual(a, b) {
    let differs = a.length ^ b.length;
    for (let i = 0; i < a.length; i++) {
        differs |= a.charCodeAt(i) ^ b.charCodeAt(i);
    }
    return differs === 0;
}

// Tells whether a ticket is good for a film at a time, in milliseconds since 1970.
function isGood(ticket, film, now) {
    const parts = ticket.split('.');
    if (parts.length !== 3) {
        return false;
    }
    const header = decoded(parts[0]);
    if (header.alg !== 'HS256' || typeof header.kid !== 'string' || header.crit !== undefined) {
        return false;
    }
    const key = keyOf(header.kid, now);
    if (key === null) {
        return false;
    }
    const mac = crypto.createHmac('sha256', Buffer.from(key.k, 'base64url')).update(parts[0] + '.' + parts[1]).digest('base64url');
    if (!isEqual(mac, parts[2])) {
        return false;
    }
    const claims = decoded(parts[1]);
    return claims.aud === 'v' && claims.sub === film && typeof claims.sid === 'string'
        && typeof claims.exp === 'number' && claims.exp * 1000 >= now;
}

// The variable $kensho_file: the film's file that is asked for, as it is sent to the origin; empty where the ticket is not good.
// nginx has decoded the path and taken the dots out of it, so it is encoded again, line breaks and question marks included.
function file(r) {
    try {
        const variables = r.variables;
        if (!isGood(variables.kensho_ticket, variables.kensho_film, Date.now())) {
            return '';
        }
        const path = variables.kensho_path;
        return PLAIN.test(path) ? path : encodeURI(path).replace(/[?#]/g, encodeURIComponent);
    } catch (e) {
        return '';
    }
}

export default { file };
