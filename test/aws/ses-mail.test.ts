import { createServer } from 'node:http';
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendMail } from '#aws/ses-mail.ts';

/** What SES is asked for, and its answers to come; then it takes what it is sent. */
const asked: { request: string; scope: string; body: unknown }[] = [];
const answers: [status: number, name: string, message: string][] = [];

const server = createServer(async (request, response) => {
  const body: unknown = JSON.parse(Buffer.concat(await Array.fromAsync<Buffer>(request)).toString());
  const [, scope = ''] = /Credential=AKIDEXAMPLE\/\d+\/([^,]+),/.exec(request.headers.authorization ?? '') ?? [];
  asked.push({ request: `${request.method} ${request.url}`, scope, body });
  const [status = 200, name = '', message] = answers.shift() ?? [];
  response.writeHead(status, name === '' ? {} : { 'x-amzn-errortype': name });
  response.end(JSON.stringify(message === undefined ? { MessageId: 'message-1' } : { message }));
});
let endpoint = '';
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  endpoint = `http://127.0.0.1:${Object(server.address()).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const caller = { region: async () => 'eu-west-1', credentials: async () => credentials };
const mail = {
  from: 'lake@example.com',
  to: ['ann@example.com', 'bob@example.org'],
  subject: 'Zürich – 1 incident',
  text: 'text\n',
  html: '<p>html</p>',
  attachment: { name: 'report.html', type: 'text/html', bytes: new TextEncoder().encode('<p>ä</p>') },
};

test('SES is asked as AWS’s own client would ask it', async () => {
  expect(await sendMail(caller, mail, endpoint)).toBe('message-1');
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
  const client = new SESv2Client({ region: 'eu-west-1', endpoint, credentials });
  await client.send(
    new SendEmailCommand({
      FromEmailAddress: mail.from,
      Destination: { ToAddresses: mail.to },
      Content: {
        Simple: {
          Subject: utf8(mail.subject),
          Body: { Text: utf8(mail.text), Html: utf8(mail.html) },
          Attachments: [
            {
              FileName: mail.attachment.name,
              ContentType: mail.attachment.type,
              ContentDisposition: 'ATTACHMENT',
              ContentTransferEncoding: 'BASE64',
              RawContent: mail.attachment.bytes,
            },
          ],
        },
      },
    }),
  );
  client.destroy();
  const [ours, theirs] = asked;
  expect(ours).toEqual(theirs);
  expect(ours).toMatchObject({ request: 'POST /v2/email/outbound-emails', scope: 'eu-west-1/ses/aws4_request' });
});

test('what passes is tried again, and a refusal is said in SES’s words', async () => {
  answers.push([429, 'TooManyRequestsException', 'slow down'], [503, 'InternalFailure', 'oh']);
  expect(await sendMail(caller, mail, endpoint)).toBe('message-1');
  answers.push([400, 'MessageRejected:http://internal.amazon.com/', 'Email address is not verified.']);
  await expect(sendMail(caller, mail, endpoint)).rejects.toThrow(
    'SES refused the mail: MessageRejected: Email address is not verified.',
  );
});
