/** Sends a mail with an attachment through SES (SES API v2, `SendEmail`), which makes the MIME of it. */
import { type Caller, signedCall } from './signed-call.ts';

export interface Mail {
  from: string;
  to: readonly string[];
  subject: string;
  text: string;
  html: string;
  attachment: { name: string; type: string; bytes: Uint8Array };
}

/**
 * @returns SES's name of the message
 * @throws Error with SES's reason, such as an identity that isn't verified
 */
export async function sendMail(caller: Caller, mail: Mail, endpoint?: string): Promise<string> {
  const { from, to, subject, text, html, attachment } = mail;
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
  const answer = await signedCall(caller, {
    method: 'POST',
    host: 'email',
    service: 'ses',
    path: '/v2/email/outbound-emails',
    endpoint,
    body: {
      FromEmailAddress: from,
      Destination: { ToAddresses: to },
      Content: {
        Simple: {
          Subject: utf8(subject),
          Body: { Text: utf8(text), Html: utf8(html) },
          Attachments: [
            {
              FileName: attachment.name,
              ContentType: attachment.type,
              ContentDisposition: 'ATTACHMENT',
              ContentTransferEncoding: 'BASE64',
              RawContent: Buffer.from(attachment.bytes).toString('base64'),
            },
          ],
        },
      },
    },
  });
  const { MessageId, message } = said(answer.text);
  if (!answer.isDone) throw new Error(`SES refused the mail: ${answer.said}${message ? `: ${message}` : ''}`);
  return MessageId ?? '';
}

function said(text: string): { MessageId?: string; message?: string } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
