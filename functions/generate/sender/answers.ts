/** SMTP answers of receiving servers, for generated deliveries, bounces and delays. */
import type { Bounce } from './mail.ts';
import type { Provider } from './providers.ts';

/** Answers of receiving servers, as each provider phrases them. Enhanced codes are RFC 3463's. */
export type Answer = Pick<Bounce, 'status' | 'diagnostic' | 'enhancedStatus'>;

const answer = (status: string, diagnostic: string): Answer => ({ status, diagnostic, enhancedStatus: status });
/** The code stands in the text alone, as with servers that send no delivery report. */
const spoken = (status: string, diagnostic: string): Answer => ({ status: null, diagnostic, enhancedStatus: status });

export function accepted(at: Provider, token: string): string {
  if (at.name === 'gmail')
    return `250 2.0.0 OK ${token.slice(0, 10)} ${token.slice(10, 24)}.${token.slice(24, 27)} - gsmtp`;
  if (at.name === 'microsoft')
    return `250 2.6.0 <${token}@mail> [InternalId=${token.slice(0, 12)}] Queued mail for delivery`;
  if (at.name === 'yahoo') return '250 ok dirdel';
  if (at.name === 'apple') return `250 2.0.0 Ok: queued as ${token.slice(0, 12).toUpperCase()}`;
  return `250 Requested mail action okay, completed: id=${token.slice(0, 16)}`;
}

export function noSuchMailbox(at: Provider, address: string): Answer {
  if (at.name === 'gmail')
    return answer(
      '5.1.1',
      'smtp; 550-5.1.1 There is no account with this address here.\r\n550-5.1.1 Check it for typing errors or\r\n550 5.1.1 extra spaces. - gsmtp',
    );
  if (at.name === 'microsoft')
    return answer('5.5.0', 'smtp; 550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).');
  if (at.name === 'yahoo') return spoken('5.1.1', `smtp; 554 5.1.1 delivery error: dd no mailbox for ${address}`);
  if (at.name === 'apple') return answer('5.1.1', `smtp; 550 5.1.1 <${address}>: user does not exist`);
  if (at.name === 'other')
    return answer('5.1.10', `smtp; 550 5.1.10 Recipient ${address} not found by directory lookup`);
  return answer('5.1.1', `smtp; 550 5.1.1 <${address}> mailbox unknown`);
}

export function disabled(at: Provider): Answer {
  if (at.name === 'gmail')
    return answer('5.2.1', 'smtp; 550-5.2.1 This account has been closed or\r\n550 5.2.1 is inactive. - gsmtp');
  if (at.name === 'yahoo') return spoken('5.2.1', 'smtp; 554 5.2.1 this mailbox has been disabled');
  return answer('5.2.1', 'smtp; 550 5.2.1 mailbox disabled, not accepting messages');
}

export const noDomain = (domain: string): Answer => answer('5.1.2', `smtp; 550 5.1.2 no mail host found for ${domain}`);

export const onSuppressionList: Answer = answer(
  '5.1.1',
  'Amazon SES did not send the message: the address is on the suppression list of your account',
);

export function mailboxFull(at: Provider): Answer {
  if (at.name === 'gmail')
    return answer(
      '4.2.2',
      "smtp; 452-4.2.2 The recipient's inbox is out of storage space.\r\n452 4.2.2 Please try again later. - gsmtp",
    );
  if (at.name === 'microsoft') return answer('5.2.2', 'smtp; 554 5.2.2 mailbox full; STOREDRV.Deliver quota exceeded');
  if (at.name === 'yahoo') return spoken('4.2.2', 'smtp; 452 4.2.2 mailbox over quota');
  return answer('4.2.2', 'smtp; 452 4.2.2 mailbox is full');
}

export function turnedAway(at: Provider, ip: string): Answer {
  if (at.name === 'gmail')
    return answer(
      '4.7.28',
      `smtp; 421-4.7.28 Unusual rate of unsolicited mail from ${ip}.\r\n421 4.7.28 It has been limited for now. - gsmtp`,
    );
  if (at.name === 'microsoft')
    return answer('4.7.0', `smtp; 451 4.7.0 server busy, ${ip} is sending too fast (AS780090)`);
  if (at.name === 'yahoo')
    return spoken('4.7.0', `smtp; 421 4.7.0 [TSS04] messages from ${ip} temporarily deferred due to user complaints`);
  if (at.name === 't-online') return answer('4.7.1', `smtp; 554 4.7.1 IP=${ip} - dialup or unknown host, ask tosa`);
  return answer('5.7.1', 'smtp; 554 5.7.1 message refused: content looks like spam');
}

/** The incident: a block of the sender's address, as a policy. */
export const policyBlock = (ip: string): Answer =>
  answer(
    '5.7.1',
    `smtp; 550 5.7.1 Messages from [${ip}] were not accepted: part of the network is on our block list (S3140).`,
  );

export const gaveUp: Answer = answer('4.4.7', 'smtp; 550 4.4.7 message expired: unable to deliver in 840 minutes');

/** A bounce without a meaning. */
export const unclear: Answer = { status: null, diagnostic: null, enhancedStatus: null };

export const outOfOffice: Answer = { status: null, diagnostic: null, enhancedStatus: null };

export const returnedLater = (address: string): Answer =>
  answer('5.0.0', `smtp; 550 5.0.0 could not be delivered to ${address} after it had been accepted`);
