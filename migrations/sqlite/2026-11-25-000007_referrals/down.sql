DROP TABLE referral_search;
DROP TABLE referrals;
