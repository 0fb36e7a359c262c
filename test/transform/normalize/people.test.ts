import { describe, expect, test } from 'vitest';
import { HEADERS, toPeople } from '../../../src/transform/normalize/people.ts';

const take = (properties: Record<string, unknown>) => {
  const { metadata, said } = toPeople((property) => properties[property]);
  return { metadata, said: [...said] };
};
const headers = (value: unknown) => ({ [HEADERS]: JSON.stringify(value) });

describe('with headers', () => {
  test('they are the metadata', () => {
    const people = {
      from: { email: 'a@x.example', firstName: 'A' },
      to: [{ email: 'b@x.example' }],
      cc: [],
    };
    expect(take(headers(people))).toEqual({ metadata: people, said: [HEADERS] });
  });

  test('the other properties add what those lack, and what they repeat is said', () => {
    const people = { to: [{ email: 'b@x.example' }, { email: 'c@x.example' }] };
    const properties = {
      ...headers(people),
      hs_email_to_email: 'b@x.example;c@x.example',
      hs_email_to_firstname: ';Cy',
    };
    expect(take(properties)).toEqual({
      metadata: { to: [{ email: 'b@x.example' }, { email: 'c@x.example', firstName: 'Cy' }] },
      said: ['hs_email_to_email', 'hs_email_to_firstname', HEADERS],
    });
  });

  test('a property that says something else is not said', () => {
    const properties = {
      ...headers({ from: { email: 'a@x.example' } }),
      hs_email_from_email: 'z@x.example',
    };
    expect(take(properties)).toEqual({
      metadata: { from: { email: 'a@x.example' } },
      said: [HEADERS],
    });
  });

  test.each([
    [{ from: 'a@x.example', to: [{ email: 'b@x.example' }] }, { to: [{ email: 'b@x.example' }] }],
    [{ to: ['b@x.example'] }, {}],
    [{ to: [], replyTo: 'r@x.example' }, { to: [] }],
    [[], {}],
  ])('of another shape, %j, they are not said', (sent, metadata) => {
    expect(take(headers(sent))).toEqual({ metadata, said: [] });
  });
});

describe('without headers', () => {
  test('each part stands for one person', () => {
    const properties = {
      hs_email_from_email: 'a;b@x.example',
      hs_email_cc_email: 'c@x.example; d@x.example',
      hs_email_cc_firstname: 'Cy;',
      hs_email_cc_raw: '"C" <c@x.example>;"D" <d@x.example>',
    };
    expect(take(properties)).toEqual({
      metadata: {
        from: { email: 'a;b@x.example' },
        cc: [
          { email: 'c@x.example', firstName: 'Cy', raw: '"C" <c@x.example>' },
          { email: 'd@x.example', raw: '"D" <d@x.example>' },
        ],
      },
      said: Object.keys(properties),
    });
  });

  test('names that are more or fewer than the addresses are not guessed at', () => {
    const properties = {
      hs_email_to_email: 'c@x.example;d@x.example;e@x.example',
      hs_email_to_firstname: 'Cy;Di',
    };
    expect(take(properties)).toEqual({
      metadata: {
        to: [{ email: 'c@x.example' }, { email: 'd@x.example' }, { email: 'e@x.example' }],
      },
      said: ['hs_email_to_email'],
    });
  });

  test('someone may be known by name alone', () => {
    expect(take({ hs_email_sender_lastname: 'Lee' }).metadata).toEqual({
      sender: { lastName: 'Lee' },
    });
  });

  test('nobody is nobody', () => {
    expect(take({ hs_email_to_email: '', hs_email_cc_email: null, hs_email_bcc_email: 5 })).toEqual(
      {
        metadata: {},
        said: [],
      },
    );
  });
});
